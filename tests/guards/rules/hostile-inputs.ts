/** Hostile inputs by number: each of these is named by the title of a test. Tests only. */
import type { Breach } from '../support/source-file.ts';

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** What Claude can do wrong, and what the machine can do; 92 is about a codec, which does not exist. */
export const HOSTILE = [...from(40, 68), ...from(83, 91), 93, 94];

/** In tests of single requests a title begins with its number. */
const REQUESTS = /^tests\/integrations\/claude-/;
const CITATIONS = [/§3\.3((?: ?-\d\d)+)/g, /bad inputs? (\d\d(?:, \d\d)*)/g];
const LEADING = /['"`](\d\d) /g;

/** Numbers that the titles of a file cite. */
export function citedInputs(path: string, text: string): number[] {
  const lists = CITATIONS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  const leading = REQUESTS.test(path) ? [...text.matchAll(LEADING)].map((match) => match[1] ?? '') : [];
  return [...lists, ...leading].flatMap((list) => (list.match(/\d\d/g) ?? []).map(Number));
}

/** Numbers that no test cites. Of what Claude does, a test over the whole product counts its requests as well. */
export function uncitedInputs(tests: readonly { readonly path: string; readonly text: string }[]): Breach[] {
  const cited = new Set(tests.flatMap(({ path, text }) => citedInputs(path, text)));
  const whole = new Set(
    tests.filter(({ path }) => path.startsWith('tests/e2e/')).flatMap(({ path, text }) => citedInputs(path, text)),
  );
  return HOSTILE.flatMap((number) => {
    if (!cited.has(number)) return [`hostile input ${number}: no test cites it`];
    return number <= 68 && !whole.has(number) ? [`hostile input ${number}: no test in tests/e2e cites it`] : [];
  });
}
