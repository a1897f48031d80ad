/** Changes of released workflows: every patch has a dated id, one place, and a line in src/workflows/patches.ts. Tests only. */
import type { Patch } from '../../../src/workflows/patches.ts';
import { type Breach, lineOf, type SourceFile } from '../support/source-file.ts';
import { visit } from '../support/visit.ts';

/** Which call a state has; a patch that is gone has none. */
const CALLS = { active: 'patched', deprecated: 'deprecatePatch', gone: 'nothing' } as const;
const ID = /^(\d{4}-\d{2}-\d{2})-[a-z0-9]+(-[a-z0-9]+)*$/;

interface Call {
  readonly where: string;
  readonly name: string;
  /** Undefined when the argument is not a text. */
  readonly id: string | undefined;
}

/** What is wrong with the patches of these files and with their list. */
export function patchBreaches(files: readonly SourceFile[], listed: readonly Patch[]): Breach[] {
  const calls = files.flatMap(callsOf);
  return [
    ...listed.flatMap((patch, at) => ofLine(patch, listed.slice(0, at), calls)),
    ...calls.flatMap((call) => ofCall(call, listed)),
  ];
}

function callsOf({ path, text, parsed }: SourceFile): Call[] {
  const found: Call[] = [];
  visit(parsed.program, {
    CallExpression({ callee, arguments: args, start }) {
      if (callee.type !== 'Identifier' || !['patched', 'deprecatePatch'].includes(callee.name)) return;
      const [first] = args;
      const id = first?.type === 'Literal' && typeof first.value === 'string' ? first.value : undefined;
      found.push({ where: `${path}:${lineOf(text, start)}`, name: callee.name, id });
    },
  });
  return found;
}

function ofLine({ id, state, meaning }: Patch, before: readonly Patch[], calls: readonly Call[]): Breach[] {
  const where = `src/workflows/patches.ts: "${id}"`;
  const [, date = ''] = ID.exec(id) ?? [];
  const places = calls.filter((call) => call.id === id);
  const expected = state === 'gone' ? 0 : 1;
  const wrong = places.filter(({ name }) => name !== CALLS[state]);
  return [
    ...(Number.isNaN(Date.parse(date)) ? [`${where} is not <year-month-day>-<what-changes>`] : []),
    ...(before.some((other) => other.id === id) ? [`${where} stands twice; an id is never used again`] : []),
    ...(meaning.trim().length < 20 ? [`${where} does not say what it means`] : []),
    ...(places.length === expected ? [] : [`${where} is called at ${places.length} places, not at ${expected}`]),
    ...wrong.map((call) => `${call.where}: ${call.name} of "${id}", which is ${state}; use ${CALLS[state]}`),
  ];
}

function ofCall({ where, name, id }: Call, listed: readonly Patch[]): Breach[] {
  if (id === undefined) return [`${where}: ${name} without a literal id`];
  return listed.some((patch) => patch.id === id) ? [] : [`${where}: "${id}" is not in src/workflows/patches.ts`];
}
