/** The policy's word on the tool calls of a goal, by what the goal is pinned to. Host side. */
import { createHash } from 'node:crypto';
import { decidePolicy, type PolicyVerdict } from '../agents/policy.ts';
import type { CallModelInput } from '../core/contracts/calls.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import { DEFAULT_POLICY, type Effect } from '../core/policy.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Store } from '../store/store.ts';
import { upstreamOf } from '../tasks/upstream.ts';

/** A call as the model made it. */
export interface AskedCall {
  readonly tool: string;
  readonly agent: string;
  readonly arguments: Json;
}

/** What the pinned policy and the goal's own rules say; a tool that is not pinned is denied. */
export function verdictOn(snapshot: Snapshot, call: AskedCall, trust: 'trusted' | 'untrusted'): PolicyVerdict {
  const effect = snapshot.tools.find((tool) => tool.name === call.tool)?.effect as Effect | undefined;
  return decidePolicy(snapshot.policy ?? DEFAULT_POLICY, snapshot.ownPolicy, { ...call, effect, trust });
}

/** What an approval is bound to: the tool, its exact arguments and the task. Any change asks again. */
export function approvalHash(call: { tool: string; argsHash: string; taskId: string }): string {
  const { tool, argsHash, taskId } = call;
  return createHash('sha256').update(canonicalJson({ tool, argsHash, taskId })).digest('hex');
}

/** `untrusted` when the goal's text is, or when this task, or one it builds on, has called a tool that brings in what comes from outside. */
export async function trustOf(
  store: Pick<Store, 'tools'>,
  { snapshot, plan }: { snapshot: Snapshot; plan: Plan | undefined },
  { tenant, goalId, taskId }: Pick<CallModelInput, 'tenant' | 'goalId' | 'taskId'>,
): Promise<'trusted' | 'untrusted'> {
  if (snapshot.untrustedText) return 'untrusted';
  const outside = snapshot.tools.filter((tool) => tool.untrusted).map((tool) => tool.name);
  if (outside.length === 0) return 'trusted';
  const tasks = [taskId, ...(plan ? upstreamOf(plan, taskId) : [])];
  return (await store.tools.anyCalled(tenant, goalId, { tasks, tools: outside })) ? 'untrusted' : 'trusted';
}
