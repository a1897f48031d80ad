/** Places where what a test has started waits for the test. Tests only. */

const closed: (() => void)[] = [];

/** What a failed test has left closed would keep its worker from ending. */
afterEach(() => {
  for (const open of closed.splice(0)) open();
});

/** A promise and what fulfils it; the end of the test does as well. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  closed.push(open);
  return { open, opened };
}
