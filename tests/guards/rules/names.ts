/** Names of files and of messages, forms of exports, opening comments. Tests only. */
import { posix } from 'node:path';
import { type Breach, lineOf, type SourceFile } from '../support/source-file.ts';
import { visit } from '../support/visit.ts';

const VAGUE = /^(utils?|helpers?|common|misc)$/;

/** File and folder names that are not kebab-case, or say nothing. */
export function fileNameBreaches(paths: readonly string[]): Breach[] {
  return paths.flatMap((path) =>
    posix
      .dirname(path)
      .split('/')
      .concat(posix.basename(path))
      .flatMap((name) => {
        const words = name.split('.')[0] ?? name;
        if (VAGUE.test(words)) return [`${path}: "${words}" says nothing; a helper lives with its owner`];
        return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(words) ? [] : [`${path}: "${name}" is not kebab-case`];
      }),
  );
}

/** `export *` and default exports. */
export function exportBreaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap((file) =>
    file.parsed.program.body.flatMap((node) => {
      const where = `${file.path}:${lineOf(file.text, node.start)}`;
      if (node.type === 'ExportAllDeclaration') return [`${where}: export *; name what is exported`];
      return node.type === 'ExportDefaultDeclaration' ? [`${where}: default export; use a name`] : [];
    }),
  );
}

/** Modules that do not open with a documentation comment. */
export function openingBreaches(files: readonly SourceFile[]): Breach[] {
  return files
    .filter((file) => !/^(#!.*\n)?\/\*\*/.test(file.text))
    .map((file) => `${file.path}: opens without a sentence that says what it is and which side it runs on`);
}

/** `any` as a type. */
export function anyBreaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap(({ path, text, parsed }) => {
    const found: Breach[] = [];
    visit(parsed.program, { TSAnyKeyword: (node) => void found.push(`${path}:${lineOf(text, node.start)}: any`) });
    return found;
  });
}

/** Message definitions whose wire name is not the constant's name less its kind, or whose query does not `get`. */
export function messageNameBreaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap(({ path, text, parsed }) => {
    const found: Breach[] = [];
    visit(parsed.program, {
      VariableDeclarator({ id, init, start }) {
        if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier' || id.type !== 'Identifier') return;
        const kind = /^define(Query|Signal|Update)$/.exec(init.callee.name)?.[1];
        const first = init.arguments[0];
        if (!kind) return;
        const wire = first?.type === 'Literal' ? String(first.value) : '';
        const where = `${path}:${lineOf(text, start)}: ${id.name}`;
        if (`${wire}${kind}` !== id.name) found.push(`${where} has the wire name "${wire}"; it must be ${wire}${kind}`);
        if (kind === 'Query' && !/^get[A-Z]/.test(wire)) found.push(`${where} is a query; its name begins with get`);
      },
    });
    return found;
  });
}

/** What the workflow entry exports that does not end in `Workflow`: the name is the wire type. */
export function workflowNameBreaches(entry: SourceFile): Breach[] {
  return entry.parsed.module.staticExports
    .flatMap(({ entries }) => entries)
    .filter((one) => !one.isType && !one.exportName.name?.endsWith('Workflow'))
    .map((one) => `${entry.path}: exports ${one.exportName.name ?? '*'}, which is not named …Workflow`);
}
