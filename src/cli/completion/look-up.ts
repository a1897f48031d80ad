/** Ids that exist, for the shell and for choosing on a terminal: asked from the running instance. Host side. */
import { resolveAgents } from '../../agents/resolve-agents.ts';
import { OPEN_STATUSES } from '../../client/goal-statuses.ts';
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { ApprovalView } from '../../core/approval.ts';
import type { GoalSummary } from '../../core/goal.ts';
import type { CommandContext } from '../context.ts';
import type { Source } from '../program/completes.ts';
import { loadSettings, withClient } from '../settings.ts';
import type { Cursor } from './cursor.ts';
import type { Suggestion } from './suggest.ts';

const MOST = 100;

/** What was typed before, as far as ids depend on it. */
export type Typed = Pick<Cursor, 'operands' | 'options'>;

/** The ids, newest first. Errors: those of the configuration and of the connection. */
export async function idsOf(context: CommandContext, source: Source, typed: Typed): Promise<readonly Suggestion[]> {
  const settings = loadSettings(context);
  if (source === 'agents') {
    return resolveAgents(settings.config.agents.own).map(({ name, description }) => ({
      value: name,
      about: description,
    }));
  }
  const look = LOOK[source];
  return look ? withClient(settings, (client) => look(client, typed)) : [];
}

type Look = (client: OrchestratorClient, typed: Typed) => Promise<readonly Suggestion[]>;

const openGoals: Look = async (client) => (await client.list({ limit: MOST, status: OPEN_STATUSES })).map(goal);

const LOOK: Readonly<Partial<Record<Source, Look>>> = {
  goals: async (client) => (await client.list({ limit: MOST })).map(goal),
  'open-goals': openGoals,
  tasks: async (client, { operands: [goalId] }) => (goalId === undefined ? [] : tasksOf(client, goalId)),
  approvals: async (client) => (await client.approvals({ limit: MOST })).map(approval),
  questions: async (client) =>
    (await client.approvals({ limit: MOST })).filter(({ kind }) => kind === 'question').map(approval),
  schedules: async ({ schedules }) =>
    (await schedules.list()).map(({ id, when, paused }) => ({ value: id, about: paused ? `${when}, paused` : when })),
  conversations: async ({ conversations }) =>
    (await conversations.list(MOST)).map(({ conversationId, title }) => ({ value: conversationId, about: title })),
  accounts: async (client) => [
    { value: 'tenant', about: 'this month' },
    ...(await client.budgets()).map(({ account }) => ({ value: account, about: '' })),
  ],
  halts: (client, typed) => (typed.options.has('release') ? haltedGoals(client) : openGoals(client, typed)),
};

async function haltedGoals(client: OrchestratorClient): Promise<readonly Suggestion[]> {
  const halts = (await client.halts()).filter(({ goalId }) => goalId !== '*');
  return halts.map(({ goalId, reason }) => ({ value: goalId, about: reason }));
}

async function tasksOf(client: OrchestratorClient, goalId: string): Promise<readonly Suggestion[]> {
  const { tasks } = await client.show(goalId);
  return tasks.map(({ taskId, status, title }) => ({ value: taskId, about: `${status}: ${title}` }));
}

function goal({ goalId, status, awaiting, title }: GoalSummary): Suggestion {
  return { value: goalId, about: `${status}${awaiting ? `, waits for ${awaiting}` : ''}: ${title}` };
}

function approval({ id, kind, title }: ApprovalView): Suggestion {
  return { value: id, about: `${kind}: ${title}` };
}
