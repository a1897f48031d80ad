/** Hands on to the store what answers tell of a model's limits: together, seldom, and never in a call's way. Host side. */
import type { CapacityNote, ToldLimit, ToldLimits } from '../store/capacity-types.ts';
import type { Store } from '../store/store.ts';

/** Notes of a model are written at most so often. */
const PAUSE_MS = 250;
/** What is left matters from this share of the limit on: the buckets hold less than that. */
const NEAR = 0.25;
const KINDS = ['requests', 'inputTokens', 'outputTokens'] as const;

interface ModelNotes {
  limits: ToldLimits;
  pending: CapacityNote | undefined;
  timer: NodeJS.Timeout | undefined;
}

const NOTHING: CapacityNote = { limits: {}, moreInputTokens: 0, moreOutputTokens: 0, answered: false };

/** Notes by model. A note that cannot be written is dropped: the next answer tells it again. */
export function createCapacityNotes({ capacity }: Pick<Store, 'capacity'>) {
  const models = new Map<string, ModelNotes>();

  function notesOf(model: string): ModelNotes {
    const notes = models.get(model) ?? { limits: {}, pending: undefined, timer: undefined };
    models.set(model, notes);
    return notes;
  }

  function flush(model: string, notes: ModelNotes): void {
    const { pending } = notes;
    clearTimeout(notes.timer);
    notes.timer = undefined;
    notes.pending = undefined;
    if (pending) void capacity.note(model, pending).catch(() => undefined);
  }

  function add(model: string, more: Partial<CapacityNote>, urgent = false): void {
    const notes = notesOf(model);
    notes.pending = merged(notes.pending ?? NOTHING, { ...NOTHING, ...more });
    if (urgent) flush(model, notes);
    else notes.timer ??= setTimeout(() => flush(model, notes), PAUSE_MS).unref();
  }

  return {
    /** Whether this process has been told limits of the model. */
    knows: (model: string): boolean => KINDS.some((kind) => models.get(model)?.limits[kind] !== undefined),
    /** Headers of an answer; what says nothing new is left out. */
    told(model: string, limits: ToldLimits): void {
      const before = notesOf(model).limits;
      const changed = KINDS.some((kind) => limits[kind] && limits[kind].limit !== before[kind]?.limit);
      if (!changed && !KINDS.some((kind) => isNear(limits[kind]))) return;
      notesOf(model).limits = { ...before, ...limits };
      add(model, { limits }, changed);
    },
    /** Tokens used beyond the estimate. */
    used(model: string, more: Omit<CapacityNote, 'limits'>): void {
      add(model, more);
    },
  };
}

function isNear(told: ToldLimit | undefined): boolean {
  return told !== undefined && told.remaining < told.limit * NEAR;
}

/** Sums; of limits the latest, with the least that was left. */
function merged(a: CapacityNote, b: CapacityNote): CapacityNote {
  const limits = Object.fromEntries(
    KINDS.flatMap((kind) => {
      const [old, told] = [a.limits[kind], b.limits[kind]];
      if (!old || !told) return old || told ? [[kind, told ?? old]] : [];
      return [[kind, { limit: told.limit, remaining: Math.min(old.remaining, told.remaining) }]];
    }),
  );
  return {
    limits,
    moreInputTokens: a.moreInputTokens + b.moreInputTokens,
    moreOutputTokens: a.moreOutputTokens + b.moreOutputTokens,
    answered: a.answered || b.answered,
  };
}
