/** How a script ends: with its exit code, or with one readable line and code 1. Scripts only. */
import { say } from './progress.mjs';

/** @param {() => Promise<number | undefined>} work answers the exit code */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    say(process.env.DEBUG ? error.stack : error.message);
    process.exitCode = 1;
  }
}
