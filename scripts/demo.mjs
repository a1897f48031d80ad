#!/usr/bin/env node
/** `npm run demo`: everything from a bare checkout to a finished goal, against the simulator. No key, no cost. Arguments after `--` replace its goal, or, when they begin with a flag, join it. */
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const GOAL = [
  'Plan the move of our nightly sales reports from cron jobs to a dependable pipeline.',
  'Where we stand: Harbour Lane Tools is a hardware wholesaler with 40 employees. Each night 14 cron jobs on one server ' +
    'export orders from PostgreSQL, join them with the stock levels in a CSV file of the warehouse, and mail 9 PDF reports ' +
    'to the sales team by 06:30. In the last quarter 11 of 90 nights failed: 7 times the warehouse file came after 02:00, ' +
    '3 times the disk was full, and 1 failure was never explained. The sales team finds out before we do. Ines wrote the ' +
    'cron jobs and leaves in March. The budget is 12,000 euros and 25 working days of two developers, Tomas and Priya.',
  'We need: which cron jobs to move first and why, what happens when the warehouse file is late, how we notice a failure ' +
    'before the sales team does, a plan by weeks that says who does what, the risks, and a summary of one page for the ' +
    'managing director.',
].join('\n\n');

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const given = process.argv.slice(2);
  const onlyFlags = given.length === 0 || given[0].startsWith('--');
  const args = onlyFlags ? [GOAL, ...given] : given;
  return run(process.execPath, ['bin/orchestrator.mjs', 'run', '--simulate', ...args], { cwd: ROOT });
});
