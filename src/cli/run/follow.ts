/** Follows a goal to its end, over restarts of the instance behind it. Host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { GoalEvent } from '../../core/events.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { Viewer } from './viewer.ts';

/** Shortest time between two readings of the whole goal. */
const DETAIL_EVERY_MS = 400;
/** A store out of reach for so long ends the following. */
const GIVE_UP_MS = 60_000;
const RETRY_MS = 500;

/** How following is bounded; times in ms. */
export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly afterSeq?: number;
  readonly giveUpMs?: number;
}

/**
 * Shows events until the goal has ended (`ended`) or the signal aborts (`detached`).
 * Errors: `store.unavailable` when the store stays out of reach; others at once.
 */
export async function followGoal(
  client: Pick<OrchestratorClient, 'watch' | 'show'>,
  goalId: string,
  options: FollowOptions & { viewer: Viewer },
): Promise<'ended' | 'detached'> {
  const { viewer, signal } = options;
  const details = createDetailReader(client, goalId, viewer);
  let afterSeq = options.afterSeq ?? 0;
  let lostAtMs: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const event of client.watch(goalId, { afterSeq, signal })) {
        lostAtMs = undefined;
        if (event.seq > 0) afterSeq = event.seq;
        viewer.event(event);
        if (changesGoal(event)) details.ask();
        if (event.type === 'goal-end') break;
      }
      if (await details.hasEnded()) return 'ended';
    } catch (error) {
      if (signal.aborted) break;
      if (!isOutage(error)) throw error;
      lostAtMs ??= Date.now();
      if (Date.now() - lostAtMs > (options.giveUpMs ?? GIVE_UP_MS)) throw error;
      viewer.note('The store is out of reach; trying again.');
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return 'detached';
}

/** Reads the whole goal for the viewer: one reading at a time, not too often, and a last one after the last wish. */
function createDetailReader(client: Pick<OrchestratorClient, 'show'>, goalId: string, viewer: Viewer) {
  let wanted = false;
  let working = false;
  const work = async (): Promise<void> => {
    working = true;
    while (wanted) {
      wanted = false;
      viewer.detail(await client.show(goalId));
      await sleep(DETAIL_EVERY_MS, undefined, { ref: false });
    }
    working = false;
  };
  return {
    ask(): void {
      wanted = viewer.wantsDetail;
      if (wanted && !working) {
        work().catch(() => {
          working = false;
        });
      }
    },
    async hasEnded(): Promise<boolean> {
      const detail = await client.show(goalId);
      viewer.detail(detail);
      return detail.endedAt !== null;
    },
  };
}

function changesGoal(event: GoalEvent): boolean {
  return event.type !== 'text-delta';
}

function isOutage(error: unknown): boolean {
  return error instanceof OrchestratorError && error.code === 'store.unavailable';
}
