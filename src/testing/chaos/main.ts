/** `npm run chaos`: kills, cuts and delays everything by seed, then closes the accounts. Test kit, host side. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkAccounts } from './check-accounts.ts';
import { report } from './report.ts';
import { runChaos } from './run-chaos.ts';
import { setStage } from './stage.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' }, json: { type: 'string' } },
});
const minutes = whole('minutes', values.minutes);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : whole('seed', values.seed);
const say = (line: string) => process.stderr.write(`${line}\n`);

const stopping = new AbortController();
const stopped = new Promise<never>((_, reject) => stopping.signal.addEventListener('abort', reject));
stopped.catch(() => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

say(`Chaos: ${minutes} min, seed ${seed}`);
const stage = await setStage({ seed, say });
say(`Everything is in ${stage.dir}`);
let holds = false;
try {
  stopping.signal.throwIfAborted();
  const accounts = await Promise.race([runChaos(stage, { seed, minutes, say, signal: stopping.signal }), stopped]);
  const breaches = checkAccounts(accounts);
  process.stdout.write(report(accounts, breaches));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...accounts, breaches }, toJson, 2)}\n`);
  holds = breaches.length === 0;
} catch (error) {
  say(
    stopping.signal.aborted
      ? 'Stopped.'
      : `The run broke off (seed ${seed}): ${error instanceof Error ? error.stack : error}`,
  );
} finally {
  await stage.close({ keep: !holds && !stopping.signal.aborted });
}
if (!holds && !stopping.signal.aborted) say(`Logs and databases are still in ${stage.dir}`);
// A worker's or a proxy's leftover must not keep the process.
process.exit(holds ? 0 : stopping.signal.aborted ? 130 : 1);

function whole(name: string, value: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  say(`--${name} is a whole number above 0.`);
  process.exit(2);
}

function toJson(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
