#!/usr/bin/env node
/** `npm run demo`: everything from a bare checkout to a finished goal, against the simulator. No key, no cost. Arguments after `--` replace its goal. */
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const GOAL = `Plan the move of our nightly sales reports from cron jobs to a dependable pipeline.

Where we stand: Harbour Lane Tools is a hardware wholesaler with 40 employees. Each night 14 cron jobs on one server
export orders from PostgreSQL, join them with stock levels from a CSV file of the warehouse, and mail 9 PDF reports to
sales by 06:30. In the last quarter 11 of 90 nights failed; 7 of these because the warehouse file came after 02:00, 3
because the disk was full, 1 for a reason nobody found. Failures are noticed when sales ask. Ines wrote the jobs and
leaves in March. The budget is 12,000 euros and 25 working days of two developers, Tomas and Priya.

We need: which of the jobs to move first and why, how a late warehouse file is to be handled, how we notice a failure
before sales does, a plan by weeks with who does what, the risks, and a one-page summary for the managing director.`;

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const given = process.argv.slice(2);
  const args = given.length > 0 ? given : [GOAL];
  return run(process.execPath, ['bin/orchestrator.mjs', 'run', '--simulate', ...args], { cwd: ROOT });
});
