/** A source file as the guards see it: text, syntax tree, imports. Tests only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { visit } from './visit.ts';

export const ROOT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

/** One import or re-export. `target` is a path from the root for relative imports, else the package's specifier. */
export interface ImportEdge {
  readonly target: string;
  readonly relative: boolean;
  /** True when nothing of it is left after compilation. */
  readonly typeOnly: boolean;
}

/** What guards look at. Paths are relative to the root, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportEdge[];
  readonly parsed: ReturnType<typeof parseSync>;
}

/** A breach of a rule, as one line for the person who reads the failed test. */
export type Breach = string;

/** Parses a text as if it stood at a path. */
export function sourceFile(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]?.message}`);
  return { path, text, parsed, imports: importEdges(path, text, parsed) };
}

/** All TypeScript and .mjs files of the repository under some folders, in order of their paths. */
export function readSources(...folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap(listFiles)
    .filter(isCode)
    .sort()
    .map((path) => sourceFile(path, readText(path)));
}

/** Paths of all files under a folder; none when it does not exist. */
export function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => posix.relative(ROOT, `${entry.parentPath}/${entry.name}`))
      .filter((path) => !path.includes('node_modules/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Line number, from 1, of an offset. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function isCode(path: string): boolean {
  return (/\.ts$/.test(path) && !path.endsWith('.d.ts')) || path.endsWith('.mjs');
}

function importEdges(path: string, text: string, parsed: ReturnType<typeof parseSync>): ImportEdge[] {
  const edge = (specifier: string, typeOnly: boolean): ImportEdge => {
    const relative = specifier.startsWith('.');
    return { relative, typeOnly, target: relative ? posix.join(posix.dirname(path), specifier) : specifier };
  };
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const imported = staticImports.map((statement) =>
    edge(statement.moduleRequest.value, statement.entries.length > 0 && statement.entries.every((one) => one.isType)),
  );
  const exported = staticExports.flatMap(({ entries }) =>
    entries.flatMap((one) => (one.moduleRequest ? [edge(one.moduleRequest.value, one.isType)] : [])),
  );
  const dynamic = dynamicImports.map(({ moduleRequest }) =>
    edge(text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''), false),
  );
  const inTypes: ImportEdge[] = [];
  visit(parsed.program, { TSImportType: (node) => void inTypes.push(edge(String(node.source.value), true)) });
  return [...imported, ...exported, ...dynamic, ...inTypes];
}
