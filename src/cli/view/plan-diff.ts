/** What an edit changes and costs, as lines for a terminal. Pure. */
import type { PlanDiff } from '../../core/plan-edit.ts';
import { diffLines } from '../../tasks/diff-lines.ts';
import { formatUsd } from './format.ts';
import { safeLine } from './safe-text.ts';

/** The changes with their consequences, then the money. */
export function planDiffLines(diff: PlanDiff): string[] {
  const { low, high } = diff.costMicroUsd;
  const signed = (microUsd: number) => (microUsd < 0 ? `-${formatUsd(-microUsd)}` : `+${formatUsd(microUsd)}`);
  const cost = low === 0 && high === 0 ? 'no difference expected' : `${signed(low)} to ${signed(high)} expected`;
  return [
    ...diffLines(diff).map((line) => (line.startsWith('    ') ? `    ${safeLine(line.trim())}` : safeLine(line))),
    `Cost: ${cost}`,
  ];
}
