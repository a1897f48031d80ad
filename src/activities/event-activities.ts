/** Writes events that only the workflow knows. Activity side (local activities). */
import type { EventActivities } from '../core/contracts/activities.ts';
import type { EventType } from '../core/events.ts';
import type { Store } from '../store/store.ts';

/** Activities for the workflow's outbox; a batch that is repeated changes nothing. */
export function createEventActivities(store: Store): EventActivities {
  return {
    async recordEvents({ goalId, tenant, events }) {
      const rows = events.map(({ type, ...event }) => ({ ...event, type: type as EventType }));
      await store.events.append(tenant, goalId, rows);
    },
  };
}
