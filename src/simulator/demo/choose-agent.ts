/** Chooses an agent for a kind of work by its name and description, as the request lists it. Pure. */
import type { ListedAgent } from '../parse-prompt.ts';

/** Kinds of work in the demo plan and the word stems that speak for an agent. */
const STEMS = {
  research: ['research', 'gather', 'source', 'find', 'fact', 'investigat'],
  analysis: ['analy', 'compar', 'weigh', 'number', 'figure', 'data', 'evaluat'],
  critique: ['critic', 'critique', 'review', 'risk', 'weak', 'challenge', 'question'],
  writing: ['writ', 'draft', 'prose', 'text', 'document', 'editor'],
} as const;

export type WorkKind = keyof typeof STEMS;

const hits = (text: string, stems: readonly string[]): number =>
  stems.filter((stem) => text.toLowerCase().includes(stem)).length;

/** The best fitting agent and why; the first listed one when none fits better. Undefined when none is listed. */
export function chooseAgent(
  agents: readonly ListedAgent[],
  kind: WorkKind,
): { readonly agent: string; readonly reason: string } | undefined {
  const stems = STEMS[kind];
  const scored = agents.map((agent) => ({
    agent,
    score: 3 * hits(agent.name, stems) + hits(agent.description, stems),
  }));
  const best = scored.reduce((top, one) => (top && top.score >= one.score ? top : one), scored[0]);
  if (!best) return undefined;
  const words = best.agent.description.split(/(?<=[.;])\s/)[0]?.slice(0, 200) ?? '';
  const reason =
    best.score > 0
      ? `Simulated choice: its description fits ${kind}: "${words}"`
      : `Simulated choice: no listed agent is described for ${kind}, so the first one is taken.`;
  return { agent: best.agent.name, reason };
}
