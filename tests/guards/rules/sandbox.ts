/** What code that reaches the workflow sandbox may not use, and how it is found. Tests only. */
import { builtinModules } from 'node:module';
import { type Breach, lineOf, type SourceFile } from '../support/source-file.ts';
import { visit } from '../support/visit.ts';

/** Packages that are made for the sandbox, or need nothing but the language. */
const ALLOWED_PACKAGES = [
  '@temporalio/workflow',
  '@temporalio/common',
  '@noble/hashes/sha2.js',
  '@noble/hashes/utils.js',
];
/** Absent in the sandbox, or different from one host to the next. */
const FORBIDDEN_GLOBALS = new Set(
  'process Buffer require setImmediate performance fetch crypto Intl WeakRef FinalizationRegistry'.split(' '),
);
/** Methods that follow the host's locale or time zone. */
const LOCAL_METHOD =
  /^(toLocale\w*|localeCompare|getTimezoneOffset|toDateString|toTimeString|[gs]et(Day|Date|Month|FullYear|Year|Hours|Minutes|Seconds|Milliseconds))$/;

/** Files that end up in the workflow bundle: workflows, contracts, and what they import as values. */
export function sandboxFiles(files: readonly SourceFile[]): SourceFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const open = files.map((file) => file.path).filter((path) => /^src\/(workflows|core\/contracts)\//.test(path));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path);
    if (!file || reached.has(path)) continue;
    reached.add(path);
    open.push(...file.imports.filter((edge) => edge.relative && !edge.typeOnly).map((edge) => edge.target));
  }
  return files.filter((file) => reached.has(file.path));
}

/** Uses of what the sandbox lacks, in every file that reaches it. */
export function sandboxBreaches(files: readonly SourceFile[]): Breach[] {
  return sandboxFiles(files).flatMap((file) => [...packageBreaches(file), ...useBreaches(file)]);
}

function packageBreaches({ path, imports }: SourceFile): Breach[] {
  return imports
    .filter((edge) => !edge.relative && !ALLOWED_PACKAGES.includes(edge.target))
    .filter((edge) => !edge.typeOnly || isBuiltin(edge.target) || edge.target === 'zod')
    .map((edge) => `${path}: imports ${edge.target}; sandbox code may import ${ALLOWED_PACKAGES.join(', ')}`);
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0] ?? specifier);
}

function useBreaches({ path, text, parsed }: SourceFile): Breach[] {
  const found: { name: string; offset: number }[] = [];
  const declared = new Set<string>();
  const members = new Set<number>();
  visit(parsed.program, {
    MemberExpression(node) {
      if (node.computed || node.property.type !== 'Identifier') return;
      members.add(node.property.start);
      if (LOCAL_METHOD.test(node.property.name))
        found.push({ name: `.${node.property.name}`, offset: node.property.start });
    },
    Property(node) {
      if (!node.computed) members.add(node.key.start);
    },
    TSMethodSignature: (node) => void members.add(node.key.start),
    TSPropertySignature: (node) => void members.add(node.key.start),
    MethodDefinition: (node) => void members.add(node.key.start),
    VariableDeclarator(node) {
      if (node.id.type === 'Identifier') declared.add(node.id.name);
    },
  });
  visit(parsed.program, {
    Identifier(node) {
      if (!FORBIDDEN_GLOBALS.has(node.name) || declared.has(node.name) || members.has(node.start)) return;
      found.push({ name: node.name, offset: node.start });
    },
  });
  return found.map(
    ({ name, offset }) => `${path}:${lineOf(text, offset)}: uses ${name}, which the workflow sandbox must not`,
  );
}
