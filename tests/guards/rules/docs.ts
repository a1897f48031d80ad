/** Documents: links that lead nowhere, and things the user guide must name. Tests only. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Breach } from '../support/source-file.ts';

/** A Markdown file. `path` is relative to the root. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** Heading → anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchorsOf(text: string): Set<string> {
  return new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

/** Relative links to files that are not there, and to headings that their file does not have. */
export function linkBreaches(root: string, documents: readonly Document[]): Breach[] {
  const byPath = new Map(documents.map((document) => [document.path, document]));
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!byPath.has(target) && !existsSync(join(root, target))) return [`${path}: ${link} leads nowhere`];
      const found = byPath.get(target);
      return anchor && found && !anchorsOf(found.text).has(anchor) ? [`${path}: ${link}: no such heading`] : [];
    }),
  );
}

/** Words that a document does not hold between backticks. */
export function unnamed({ path, text }: Document, words: readonly string[]): Breach[] {
  return words.filter((word) => !text.includes(`\`${word}\``)).map((word) => `${path}: does not name \`${word}\``);
}
