/** What may be in the workflow bundle, measured against a bundle with nothing of ours. Tests only. */
import type { Breach } from '../support/source-file.ts';

const MOST_OVER_EMPTY = 150 * 1024;
/** Packages of which nothing may get in, beyond what Temporal's own bundle has. */
const BARRED = ['zod', '@anthropic-ai/sdk', 'drizzle-orm', 'pg', 'winston', '@temporalio/client', '@temporalio/worker'];

/** Size, packages and environment reads of a bundle over those of an empty one. */
export function bundleBreaches(bundle: string, empty: string): Breach[] {
  const [ours, theirs] = [withoutMap(bundle), withoutMap(empty)];
  const over = Buffer.byteLength(ours) - Buffer.byteLength(theirs);
  const [sources, known] = [sourcesOf(bundle), new Set(sourcesOf(empty))];
  const packages = BARRED.filter((name) =>
    sources.some((source) => source.includes(`/node_modules/${name}/`) && !known.has(source)),
  );
  return [
    ...(over > MOST_OVER_EMPTY ? [`bundle: ${over} bytes over an empty one; at most ${MOST_OVER_EMPTY}`] : []),
    ...packages.map((name) => `bundle: contains ${name}`),
    ...(count(ours, 'process.env') > count(theirs, 'process.env')
      ? ['bundle: reads process.env, as activities do']
      : []),
  ];
}

const MAP = /\/\/# sourceMappingURL=data:[^,]*;base64,(\S+)\s*$/;

/** The script without the source map that stands at its end. */
function withoutMap(code: string): string {
  return code.replace(MAP, '');
}

/** Files that have become part of the script, as its source map names them. */
function sourcesOf(code: string): string[] {
  const [, map = ''] = MAP.exec(code) ?? [];
  const { sources } = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sources: string[] };
  return sources;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
