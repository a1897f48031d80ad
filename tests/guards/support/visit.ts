/** A walk over a syntax tree with a function per kind of node. Tests only. */
import type { Program, VisitorObject } from 'oxc-parser';

interface AnyNode {
  readonly type: string;
}

/**
 * Calls `visitor[node.type](node)` for every node of a tree, outer ones first. (The parser's own visitor loads its parts
 * in a way Jest cannot follow.)
 */
export function visit(program: Program, visitor: VisitorObject): void {
  const byType = visitor as Readonly<Record<string, ((node: AnyNode) => void) | undefined>>;
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item);
    } else if (isNode(value)) {
      byType[value.type]?.(value);
      for (const [key, member] of Object.entries(value)) if (key !== 'parent') walk(member);
    }
  };
  walk(program);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string';
}
