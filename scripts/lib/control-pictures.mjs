/** Pictures of what people do with goals in a terminal: approvals, chat, schedules. All answers come from the simulator. Scripts only. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instanceEnv, stopInstance } from './docs-instance.mjs';
import { openTerminal } from './tmux.mjs';

const TERMINAL = { columns: 112, rows: 46 };
const POLICY =
  "policy:\n  rules:\n    - tool: write_file\n      arguments:\n        path: { like: '*cron*' }\n      verdict: ask\n";
const WRITES = 'Plan a move of 14 cron jobs to a pipeline; write a file with the plan';
/** Times that a command is tried again. */
const TRIES = 30;
/** What the prompt looks like when a command has ended. */
const AT_PROMPT = /\n\$ *\s*$/;

/**
 * @param {string} dir an empty folder
 * @param {(name: string, ansi: string, label: string) => void} save
 */
export async function controlPictures(dir, save) {
  const work = join(dir, 'work');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'config.yaml'), POLICY);
  const env = instanceEnv(join(dir, 'data'), { USER: 'ines', LOGNAME: 'ines' });
  const terminal = await openTerminal({ ...TERMINAL, cwd: work, env });
  const screen = { terminal, save };
  try {
    await quietly(screen, 'orchestrator up --simulate --detach', 'Stop it with');
    await approvals(screen);
    await chat(screen);
    await schedules(screen);
  } finally {
    await terminal.close();
    await stopInstance(join(dir, 'data'), '--simulate');
  }
}

/** A command that is not shown. */
async function quietly({ terminal }, command, until) {
  await terminal.type(command);
  await terminal.waitFor((text) => text.includes(until) && AT_PROMPT.test(text), { still: true });
  await terminal.type('clear');
  await terminal.waitFor((text) => text.trim() === '$', { still: true });
}

/** A command, again on a clear screen until it shows what is awaited. */
async function repeated({ terminal }, command, awaited) {
  for (let tries = 0; tries < TRIES; tries++) {
    await terminal.type('clear');
    await terminal.waitFor((text) => text.trim() === '$', { still: true });
    await terminal.type(command);
    const text = await terminal.waitFor((seen) => AT_PROMPT.test(seen), { still: true });
    if (text.includes(awaited)) return;
  }
  throw new Error(`\`${command}\` did not show ${awaited}`);
}

async function approvals(screen) {
  const { terminal, save } = screen;
  await quietly(screen, `orchestrator run --simulate --detach "${WRITES}"`, 'Watch it with');
  await repeated(screen, 'orchestrator approvals list --simulate', 'write_file');
  await terminal.type('orchestrator approvals approve --simulate');
  await terminal.waitFor((text) => text.includes('Which?'), { still: true });
  await terminal.press('Enter');
  const asks = await terminal.waitFor((text) => text.includes('Approve exactly this?'), { still: true });
  save(
    'approvals.svg',
    asks,
    'A terminal: the list of approvals, one of them chosen, its exact arguments, and the question',
  );
  await terminal.type('y');
  await terminal.waitFor((text) => text.includes('approved:') && AT_PROMPT.test(text), { still: true });
  await terminal.type('clear');
}

async function chat({ terminal, save }) {
  await terminal.type('orchestrator chat --simulate');
  await terminal.waitFor((text) => text.includes('you>'), { still: true });
  await terminal.type('What can you do?');
  await terminal.waitFor((text) => text.includes('start a goal') && /you> *\s*$/.test(text), { still: true });
  await terminal.type('start a goal: compare two ways to store logs');
  await terminal.waitFor((text) => text.includes('[y/N]'), { still: true });
  await terminal.type('y');
  await terminal.waitFor((text) => text.includes('completed,') && /you> *\s*$/.test(text), { still: true });
  await terminal.type('/goals');
  await terminal.waitFor((text) => text.includes('STATUS') && /you> *\s*$/.test(text), { still: true });
  await terminal.type('/exit');
  const end = await terminal.waitFor((text) => text.includes('Go on with') && AT_PROMPT.test(text), { still: true });
  save(
    'chat.svg',
    end,
    'A terminal: a conversation in which the manager starts a goal, after asking, and reports its end',
  );
  await terminal.type('clear');
}

async function schedules({ terminal, save }) {
  const weekly = '--id weekly --cron "0 7 * * 1" --timezone Europe/Berlin --budget 5';
  await terminal.type(`orchestrator schedules create --simulate ${weekly} "Summarise the week before {{date}}"`);
  await terminal.waitFor((text) => text.includes('Next:') && AT_PROMPT.test(text), { still: true });
  await terminal.type('orchestrator schedules trigger weekly --simulate');
  await terminal.waitFor((text) => text.includes('Triggered') && AT_PROMPT.test(text), { still: true });
  await repeated({ terminal }, 'orchestrator schedules show weekly --simulate', 'completed');
  await terminal.type('orchestrator schedules list --simulate');
  const end = await terminal.waitFor((text) => text.includes('SCHEDULE') && AT_PROMPT.test(text), { still: true });
  save(
    'schedules.svg',
    end,
    'A terminal: a schedule with its next ten times and its last tick, and the list of schedules',
  );
}
