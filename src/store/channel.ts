/** Names of the notification channels. Pure. */

/** The channel on which nothing is said but that the goal has ended. */
export function endChannel(goalId: string): string {
  return `end_${goalId}`.slice(0, 63);
}

/** The channel of a goal's events and live text. PostgreSQL takes up to 63 bytes. */
export function goalChannel(goalId: string): string {
  return `goal_${goalId}`.slice(0, 63);
}
