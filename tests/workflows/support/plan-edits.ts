/** The real activity that edits plans, on a store in memory, beside the fakes of the others. Tests only. */
import { createPlanEditActivities } from '../../../src/activities/plan-edit-activities.ts';
import type { PackedSkeleton } from '../../../src/core/contracts/plan.ts';
import type { PlanEditActivities } from '../../../src/core/contracts/plan-edit.ts';
import type { BlobRef } from '../../../src/core/contracts/refs.ts';
import { type Plan, planSchema } from '../../../src/core/plan.ts';
import type { EditOperationInput, PlanDiff } from '../../../src/core/plan-edit.ts';
import { planEditSchema } from '../../../src/core/plan-edit.ts';
import type { Snapshot } from '../../../src/core/snapshot.ts';
import { blobRef, planBytes } from '../../../src/store/blob-ref.ts';
import type { NewEvent, Store } from '../../../src/store/store.ts';
import { packSkeleton } from '../../../src/tasks/pack-skeleton.ts';
import { planSkeleton } from '../../../src/tasks/skeleton.ts';
import { LIMITS } from './fake-activities.ts';

type TaskInput = Parameters<typeof planSchema.parse>[0] & object;

/** A plan and the activity that edits it. */
export interface PlanEdits {
  readonly given: PackedSkeleton;
  readonly activities: PlanEditActivities & { loadSkeleton(input: LoadInput): Promise<PackedSkeleton> };
  /** The plans that were accepted, in order, with their events. */
  readonly accepted: { readonly revision: number; readonly plan: Plan; readonly events: readonly NewEvent[] }[];
  /** Stores an edit. */
  put(...operations: EditOperationInput[]): BlobRef;
  /** Stores a plan as the manager would, for a replan. */
  skeletonOf(tasks: readonly object[], revision: number): PackedSkeleton;
  diff(ref: BlobRef): PlanDiff;
  problems(hash: unknown): { readonly code: string }[];
}

type LoadInput = { readonly plan: BlobRef; readonly revision: number; readonly source: 'manager' };

const TIER = { model: 'claude-haiku-4-5', maxTokens: 1_000 };
const AGENT = { description: '', instructions: '', tier: 'fast', tools: [] };
const SNAPSHOT = {
  promptVersion: 1,
  agents: ['writer', 'researcher'].map((name) => ({ ...AGENT, name })),
  tiers: { fast: TIER, balanced: TIER, deep: TIER },
  limits: LIMITS,
  maxTasks: 100,
  tools: [],
} as unknown as Snapshot;

/** `tasks`: as a plan has them, without title, instructions, agent and tier. */
export function planEdits(tasks: readonly object[]): PlanEdits {
  const blobs = new Map<string, Uint8Array>();
  const accepted: PlanEdits['accepted'] = [];
  const put = (bytes: Uint8Array): BlobRef => {
    const ref = blobRef(bytes);
    blobs.set(ref.hash, bytes);
    return ref;
  };
  const text = (hash: string): string => Buffer.from(blobs.get(hash) ?? '').toString('utf8');
  const planOf = (of: readonly object[]): Plan =>
    planSchema.parse({ title: 'A plan', tasks: of.map((task) => ({ ...filled(task), ...task })) } as TaskInput);
  const stored = (plan: Plan, revision: number): PackedSkeleton =>
    packSkeleton(planSkeleton(plan, put(planBytes(plan)), { revision, source: 'manager' }));
  const store = {
    blobs: {
      put: async (_tenant: string, bytes: Uint8Array) => put(bytes),
      getText: async (_: string, hash: string) => text(hash),
    },
    plans: {
      async accept({ revision, plan, events = [] }: { revision: number; plan: Plan; events?: readonly NewEvent[] }) {
        accepted.push({ revision, plan, events });
        return put(planBytes(plan));
      },
    },
  } as unknown as Store;
  const pinned = {
    request: async () => ({ text: 'A goal.' }),
    snapshot: async () => SNAPSHOT,
    plan: async (_: string, hash: string) => JSON.parse(text(hash)) as Plan,
  };
  return {
    given: stored(planOf(tasks), 0),
    accepted,
    activities: {
      ...createPlanEditActivities({ store, pinned: pinned as never }),
      loadSkeleton: async ({ plan, revision, source }) =>
        packSkeleton(planSkeleton(JSON.parse(text(plan.hash)) as Plan, plan, { revision, source })),
    },
    put: (...operations) => put(Buffer.from(JSON.stringify(planEditSchema.parse({ operations })))),
    skeletonOf: (of, revision) => stored(planOf(of), revision),
    diff: (ref) => JSON.parse(text(ref.hash)) as PlanDiff,
    problems: (hash) => JSON.parse(text(String(hash))) as { code: string }[],
  };
}

/** What every task of a test has. */
export function filled(task: object): { title: string; instructions: string; agent: string; tier: 'fast' } {
  const id = String((task as { id?: unknown }).id);
  return { title: `Title of ${id}`, instructions: `Do ${id}.`, agent: 'writer', tier: 'fast' };
}
