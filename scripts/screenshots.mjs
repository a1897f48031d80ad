#!/usr/bin/env node
/**
 * Takes the pictures of docs/images anew: a run, approvals, chat and schedules in a terminal, a running and a finished goal
 * in Temporal's Web UI; `terminal` or `web` alone with that word. All answers come from the simulator. Needs tmux, and for
 * the Web UI a Chromium (CHROMIUM_PATH, or /usr/bin/chromium). Development only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPictures } from './lib/control-pictures.mjs';
import { instanceEnv, SLOW_WORD, startDocsInstance, stopInstance, waitForGoal } from './lib/docs-instance.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { step } from './lib/progress.mjs';
import { terminalSvg } from './lib/terminal-picture.mjs';
import { openTerminal } from './lib/tmux.mjs';
import { openWebUi } from './lib/web-ui.mjs';

const IMAGES = join(ROOT, 'docs/images');
const TERMINAL = { columns: 112, rows: 40 };
const QUICK_GOAL =
  'Plan the move of our nightly sales reports from cron jobs to a dependable pipeline. Each night 14 cron jobs on one ' +
  'server mail 9 PDF reports to the sales team by 06:30. In the last quarter 11 of 90 nights failed. Say which cron ' +
  'jobs to move first, how we notice a failure before the sales team does, and name the risks.';
const SLOW_GOAL =
  `Compare three ways to keep the sensor readings of our ${SLOW_WORD}: 200 devices send a reading every 10 seconds. ` +
  'Weigh cost, effort and risk of loss for a team of four.';

const count = (text, part) => text.split(part).length - 1;
const have = (tasks, status) => tasks.filter((task) => task.status === status).length;

/** Shown in place of the temporary folder. */
const USUAL_DIR = '~/.ai-orchestrator';

const asked = process.argv.slice(2);
const wants = (what) => asked.length === 0 || asked.includes(what);

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  mkdirSync(IMAGES, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), 'orchestrator-'));
  try {
    if (wants('terminal')) {
      await step('A run', () => terminalPictures(join(dir, 'demo')));
      await step('Approvals, chat, schedules', () =>
        controlPictures(join(dir, 'control'), saver(join(dir, 'control/data'))),
      );
    }
    if (wants('web')) await step('Web UI', () => webPictures(join(dir, 'web')));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Writes a picture; the folder `dir` is shown as the usual one. */
function saver(dir) {
  const { columns } = TERMINAL;
  return (name, ansi, label) =>
    writeFileSync(join(IMAGES, name), terminalSvg(ansi.replaceAll(dir, USUAL_DIR), { columns, label }));
}

/** `npm run demo`, once while its tasks run and once at the end. */
async function terminalPictures(dir) {
  const terminal = await openTerminal({ ...TERMINAL, cwd: ROOT, env: instanceEnv(dir) });
  const save = saver(dir);
  try {
    await terminal.type('npm run demo');
    const live = await terminal.waitFor((text) => count(text, 'running ·') >= 4 && count(text, '✔') >= 2);
    save('run.svg', live, 'A terminal: six tasks of a goal, some done, some running, each with agent, time and cost');
    const end = await terminal.waitFor((text) => text.includes('Saved to'));
    save('run-end.svg', end, 'A terminal: status, tasks, checks, cost and verdicts of a goal that was completed');
  } finally {
    await terminal.close();
    await stopInstance(dir, '--simulate');
  }
}

/** A finished goal, and one that is at work. */
async function webPictures(dir) {
  const instance = await startDocsInstance(dir);
  const webUi = await openWebUi(instance.webUi, IMAGES);
  try {
    const finished = await instance.orchestrator('run', '--tag', 'reports', '--verify', 'each-task', QUICK_GOAL);
    const running = await instance.orchestrator('run', '--detach', '--tag', 'sensors', SLOW_GOAL);
    await waitForGoal(instance, running.goalId, ({ tasks }) => have(tasks, 'done') >= 3 && have(tasks, 'running') >= 2);
    await webUi.history(running.goalId, 'web-ui-running.png');
    await webUi.details(running.goalId, 'web-ui-running-details.png');
    await webUi.list('web-ui-list.png');
    await webUi.history(finished.goalId, 'web-ui-finished.png');
    await webUi.details(finished.goalId, 'web-ui-finished-details.png');
    await webUi.events(finished.goalId, 'web-ui-events.png');
    await webUi.call(finished.goalId, { summary: 'draft-cron-jobs · turn 3', name: 'web-ui-call.png' });
    await instance.orchestrator('goals', 'cancel', running.goalId, '--wait');
  } finally {
    await webUi.close();
    await instance.stop();
  }
}
