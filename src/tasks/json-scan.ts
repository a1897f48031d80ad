/** Reads valid JSON text for what `JSON.parse` lets pass: repeated keys, deep nesting, infinite numbers. Pure. */

/** What was found first, with the place as a path such as `tasks[2].id`. */
export interface JsonFlaw {
  readonly kind: 'duplicate-key' | 'too-deep' | 'infinite-number';
  readonly path: string;
  readonly token: string;
}

/** One open object or array: its keys so far (objects only), and the key or index that is being read. */
interface Frame {
  readonly keys: Set<string> | null;
  at: string | number;
}

/** Characters of the shortest number that is too large to hold, `1e309`. */
const SHORTEST_INFINITE = 5;

/** The first flaw of a text that `JSON.parse` accepts; undefined when there is none. Linear in the text. */
export function scanJson(text: string, maxDepth: number): JsonFlaw | undefined {
  const stack: Frame[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const top = stack.at(-1);
    if (char === '{' || char === '[') {
      if (stack.length === maxDepth) return { kind: 'too-deep', path: pathOf(stack), token: char };
      stack.push({ keys: char === '{' ? new Set() : null, at: 0 });
      expectKey = char === '{';
    } else if (char === '}' || char === ']') {
      stack.pop();
      expectKey = false;
    } else if (char === ',') {
      expectKey = !!top?.keys;
      if (typeof top?.at === 'number') top.at += 1;
    } else if (char === '"') {
      const end = stringEnd(text, i);
      const token = text.slice(i, end);
      if (expectKey && top?.keys && !enter(top, top.keys, token)) {
        return { kind: 'duplicate-key', path: pathOf(stack), token };
      }
      expectKey = false;
      i = end - 1;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = numberEnd(text, i);
      const token = end - i < SHORTEST_INFINITE ? '0' : text.slice(i, end);
      if (!Number.isFinite(Number(token))) return { kind: 'infinite-number', path: pathOf(stack), token };
      i = end - 1;
    }
  }
  return undefined;
}

/** Position after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charAt(end - 1 - slashes) === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

const NUMBER = /[-+.eE0-9]+/y;

function numberEnd(text: string, start: number): number {
  NUMBER.lastIndex = start;
  NUMBER.test(text);
  return NUMBER.lastIndex;
}

/** Notes a key, by its meaning (escapes resolved); false when the object has it already. */
function enter(frame: Frame, keys: Set<string>, token: string): boolean {
  const key = JSON.parse(token) as string;
  frame.at = key;
  if (keys.has(key)) return false;
  keys.add(key);
  return true;
}

function pathOf(stack: readonly Frame[]): string {
  let path = '';
  for (const { keys, at } of stack.slice(0, 20)) {
    if (keys === null) path += `[${at}]`;
    else path += path === '' ? at : `.${at}`;
  }
  return path;
}
