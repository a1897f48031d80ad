/** Order of the test files: the long ones first, then as Jest would have it (by the times it remembers, or by size). */
import { sep } from 'node:path';
import TestSequencer from '@jest/test-sequencer';
import { LONG } from './pace.mjs';

const ENDINGS = LONG.flatMap((name) => {
  const path = `${sep}tests${sep}${name.replaceAll('/', sep)}`;
  return [`${path}.int.test.ts`, `${path}.test.ts`];
});

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const isLong = ({ path }) => ENDINGS.some((ending) => path.endsWith(ending));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
