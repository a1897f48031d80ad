/** `doctor` about open goals: those that do not go on by themselves, and how near Temporal's limits they are. Host side. */
import type { Examination } from '../../client/examine/examine-goals.ts';
import { type Settings, withClient } from '../settings.ts';
import { type Finding, ok, warn } from './check.ts';

/** A finding for each goal that a person should look at, else one that all is well; none when there is nobody to ask. */
export async function checkGoals(settings: Settings): Promise<Finding[]> {
  const { findTarget } = await import('../../client/find-target.ts');
  const target = await findTarget(settings.config, settings).catch(() => undefined);
  return target ? judgeExamination(await withClient(settings, (client) => client.examine())) : [];
}

/** What an examination means. Pure. */
export function judgeExamination({ openGoals, examined, findings, fullest }: Examination): Finding[] {
  if (findings.length > 0) {
    return findings.map(({ goalId, kind, detail, remedy }) => warn('Goals', `${goalId} ${kind}: ${detail}`, remedy));
  }
  const most = fullest ? `; fullest limit: ${Math.ceil(fullest.share * 100)} % of ${fullest.of}` : '';
  const all = examined < openGoals ? `, ${examined} looked at` : '';
  return [ok('Goals', `${openGoals} open${all}, none is stuck${most}`)];
}
