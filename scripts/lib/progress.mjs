/** Progress lines on stderr, so that stdout stays for results. Scripts only. */

/** Writes one line. @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Runs a step and says how long it takes while it runs, so that nobody looks at a silent terminal.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = Date.now();
  const seconds = () => ((Date.now() - start) / 1000).toFixed(1);
  say(`${title} …`);
  const timer = setInterval(() => say(`${title} … ${seconds()} s`), 10_000);
  try {
    const value = await work();
    say(`${title}: done in ${seconds()} s`);
    return value;
  } finally {
    clearInterval(timer);
  }
}
