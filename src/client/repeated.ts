/** Sending again what did not get through, with pauses that double. Host side. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How often, and the pause after the first time in ms. */
export interface Patience {
  readonly maxTries: number;
  readonly firstDelayMs: number;
}

/** The answer of `send`; an error is thrown unless it `passes`, and after the last try all the same. */
export async function repeated<T>(
  send: () => Promise<T>,
  { maxTries, firstDelayMs }: Patience,
  passes: (error: unknown) => boolean | Promise<boolean>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries === maxTries || !(await passes(error))) throw error;
    }
    await sleep(firstDelayMs * 2 ** (tries - 1));
  }
}
