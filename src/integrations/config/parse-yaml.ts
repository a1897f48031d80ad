/** Strict YAML: one document of plain maps, lists, texts, plain numbers and booleans; all else (aliases, tags) is a problem. Host side. */
import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
  parseDocument,
  visit,
} from 'yaml';
import type { ConfigProblem } from './problems.ts';
import { wellFormedText } from './text.ts';

/** Largest file read, in bytes. */
export const MAX_YAML_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/;

/** The parsed value (null for an empty file), what is wrong, and the line of each dotted key. */
export interface ParsedYaml {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  readonly lines: ReadonlyMap<string, number>;
}

/** Parses `text`; `name` is the file as problems name it. Never throws. */
export function parseYaml(text: string, name: string): ParsedYaml {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    // The library recurses; beyond some depth that ends the process, so depth is measured on flat tokens first.
    if (nestingOver(body, MAX_DEPTH)) return refused(name, `it is nested over ${MAX_DEPTH} levels deep`);
    return readDocument(body, name);
  } catch (error) {
    return refused(name, error instanceof Error ? firstLine(error.message) : 'it cannot be read');
  }
}

function refused(source: string, message: string): ParsedYaml {
  const problem = { key: '', source, message, remedy: 'Write it as plain, flat YAML.' };
  return { value: null, problems: [problem], lines: new Map() };
}

function readDocument(text: string, name: string): ParsedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { strict: true, uniqueKeys: true, stringKeys: true, lineCounter: counter });
  const at = (offset: number) => `${name}:${counter.linePos(offset).line}`;
  const problems: ConfigProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    key: '',
    source: at(error.pos[0]),
    message: firstLine(error.message).replace(/ at line \d+, column \d+:?$/, ''),
    remedy: REMEDIES[error.code] ?? 'Correct the YAML there.',
  }));
  if (document.directives?.yaml.explicit) {
    problems.push({ key: '', source: name, message: 'it has a %YAML directive', remedy: 'Remove the directive.' });
  }
  problems.push(...nodeProblems(document, at));
  if (problems.length > 0) return { value: null, problems, lines: new Map() };
  return { value: document.toJS(), problems, lines: keyLines(document, counter) };
}

const REMEDIES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep one of them.',
  MULTIPLE_DOCS: 'Keep one document; remove "---" and what follows.',
  TAB_AS_INDENT: 'Indent with blanks.',
  NON_STRING_KEY: 'Use a plain name as the key.',
  TAG_RESOLVE_FAILED: 'Remove the tag.',
};

/** Values that YAML lets through and that mean something else than they look like. */
function nodeProblems(document: Document.Parsed<ParsedNode>, at: (offset: number) => string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // Returns nothing: a number would move the visitor.
  const add = (node: Node, message: string, remedy: string): void => {
    problems.push({ key: '', source: at(node.range?.[0] ?? 0), message, remedy });
  };
  const refuseTag = (node: Node) => {
    if (node.tag !== undefined) add(node, 'it has a tag', 'Remove the tag; quote a value that is to be a text.');
  };
  visit(document, {
    Alias: (_key, alias) => add(alias, `*${alias.source} stands for another value`, 'Write the value out.'),
    Seq: (_key, list) => refuseTag(list),
    Map: (_key, map) => {
      refuseTag(map);
      for (const { key } of map.items) {
        if (isScalar(key) && FORBIDDEN_KEYS.has(String(key.value))) {
          add(key, `"${String(key.value)}" is not a name a key may have`, 'Remove it.');
        }
      }
    },
    Scalar: (_key, scalar) => {
      refuseTag(scalar);
      if (typeof scalar.value === 'number' && !PLAIN_NUMBER.test(scalar.source ?? '')) {
        add(
          scalar,
          `${scalar.source} is not a plain decimal number`,
          'Write it with decimal digits only, or quote a text.',
        );
      }
      if (typeof scalar.value === 'string' && !wellFormedText(scalar.value)) {
        add(scalar, 'a text holds a NUL or a lone surrogate', 'Remove that character.');
      }
    },
  });
  return problems;
}

/** Lines by dotted key, list positions as numbers. */
function keyLines(document: Document.Parsed<ParsedNode>, counter: LineCounter): Map<string, number> {
  const lines = new Map<string, number>();
  const walk = (node: unknown, path: string) => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const at = path === '' ? String(key.value) : `${path}.${String(key.value)}`;
      lines.set(at, counter.linePos(key.range?.[0] ?? 0).line);
      walk(value, at);
    }
  };
  walk(document.contents, '');
  return lines;
}

interface Token {
  readonly value?: unknown;
  readonly items?: readonly { readonly key?: unknown; readonly value?: unknown }[];
}

/** Whether any value lies deeper than `limit` maps and lists; iterative, so any input is safe. */
function nestingOver(text: string, limit: number): boolean {
  for (const document of new Parser().parse(text)) {
    const open: [Token, number][] = [[document as Token, 0]];
    for (let entry = open.pop(); entry; entry = open.pop()) {
      const [token, depth] = entry;
      if (depth > limit) return true;
      const inner = [token.value, ...(token.items ?? []).flatMap((item) => [item.key, item.value])];
      for (const child of inner)
        if (typeof child === 'object' && child !== null) open.push([child as Token, depth + 1]);
    }
  }
  return false;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
