/** Promises by id: each is cited by a test, and no test cites an unknown one. Tests only. */
import type { Breach } from '../support/source-file.ts';

/** Ids in the first column of a Markdown table; `open` ones are marked "not yet". */
export function promisedIds(markdown: string): { id: string; open: boolean }[] {
  return markdown.split('\n').flatMap((line) => {
    const id = /^\|\s*\**(G\d+)\**\s*\|/.exec(line)?.[1];
    return id ? [{ id, open: /not yet/i.test(line) }] : [];
  });
}

/** Promises nobody cites, and citations of promises nobody made. */
export function guaranteeBreaches(markdown: string, tests: readonly { path: string; text: string }[]): Breach[] {
  const promised = promisedIds(markdown);
  const known = new Set(promised.map(({ id }) => id));
  const cited = tests.flatMap(({ path, text }) => [...text.matchAll(/\bG\d{1,3}\b/g)].map(([id]) => ({ path, id })));
  const uncited = promised.filter(({ id, open }) => !open && !cited.some((citation) => citation.id === id));
  return [
    ...(promised.length === 0 ? ['docs/guarantees.md: no ids found'] : []),
    ...uncited.map(({ id }) => `docs/guarantees.md: ${id} is promised, but no test cites it`),
    ...[
      ...new Set(cited.filter(({ id }) => !known.has(id)).map(({ path, id }) => `${path}: cites ${id}, an unknown id`)),
    ],
  ];
}
