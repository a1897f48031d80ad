/** Arguments that are left out, asked for on a real terminal (tmux): chosen from a running instance, typed, called off. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTerminal } from '../../scripts/lib/tmux.mjs';
import { until } from '../support/until.ts';
import { runCli } from './run-cli.ts';

const has = spawnSync('tmux', ['-V']).status === 0;
// Where tmux is not installed, the test says so by its name.
const onTerminal = has ? describe : describe.skip;

let dataDir: string;
let terminal: Awaited<ReturnType<typeof openTerminal>>;
const goalIds: string[] = [];

beforeAll(async () => {
  if (!has) return;
  dataDir = await mkdtemp(join(tmpdir(), 'ask-missing-'));
  await runCli(dataDir, 'up', '--detach');
  for (const text of ['Name three rivers', 'Name three lakes']) {
    const { out } = await runCli(dataDir, 'run', '--detach', '--json', text);
    goalIds.push((JSON.parse(out) as { goalId: string }).goalId);
  }
  // It stays open, so that it can be told something.
  await runCli(dataDir, 'goals', 'pause', goalIds[1] ?? '');
  const { CI: _ci, NODE_OPTIONS: _node, NO_COLOR: _colour, ...env } = process.env;
  const own = { ORCHESTRATOR_DATA_DIR: dataDir };
  terminal = await openTerminal({ columns: 120, rows: 60, cwd: dataDir, env: { ...env, ...own } });
});

afterAll(async () => {
  if (!has) return;
  await terminal.close();
  await runCli(dataDir, 'down');
  await rm(dataDir, { recursive: true, force: true });
});

/** Types a command; gives the screen once it shows all of `parts`. */
async function enter(line: string, ...parts: readonly string[]): Promise<string> {
  await terminal.press('C-l');
  await terminal.type(`${line.replace('orchestrator', 'orchestrator --simulate')}; echo "exit $?"`);
  return shown(...parts);
}

/** What waits for a person in a goal; false while nothing does. */
async function openItems(goalId: string): Promise<false | { readonly id: string }[]> {
  const { out } = await runCli(dataDir, 'approvals', 'list', goalId, '--json');
  const items = JSON.parse(out) as { id: string }[];
  return items.length > 0 && items;
}

const shown = (...parts: readonly string[]): Promise<string> =>
  terminal.waitFor((text: string) => parts.every((part) => text.includes(part)), { still: true });

onTerminal(`a command without its arguments${has ? '' : ' (skipped: tmux is not installed)'}`, () => {
  it('an id → chosen from the goals there are, newest first; the whole command is shown and run', async () => {
    await enter('orchestrator goals show', 'Which? (id of the goal)', 'Name three lakes', 'Name three rivers');
    await terminal.press('Down', 'Enter');
    await shown(`$ orchestrator --simulate goals show ${goalIds[0]}`, 'Name three rivers', 'exit 0');
  });

  it('an amount that is none → said so, asked on; a right one → run', async () => {
    await enter(`orchestrator goals raise-budget ${goalIds[0]}`, 'The new budget of the whole goal in USD:');
    await terminal.type('lots');
    await shown('lots', 'number');
    await terminal.press('BSpace', 'BSpace', 'BSpace', 'BSpace');
    await terminal.type('5');
    await shown(`$ orchestrator --simulate goals raise-budget ${goalIds[0]} 5`, 'exit 2');
  });

  it('two are missing → asked for one after the other; words with a space are quoted', async () => {
    await enter('orchestrator goals steer', 'Which?', 'Name three lakes');
    await terminal.press('Enter');
    await shown('What is said:');
    await terminal.type('deep ones');
    await shown(`$ orchestrator --simulate goals steer ${goalIds[1]} 'deep ones'`, 'exit 0');
  });

  it('Ctrl-C at the question → what is missing is said, nothing is run', async () => {
    await enter(`orchestrator goals steer ${goalIds[0]}`, 'What is said:');
    await terminal.press('C-c');
    await shown("argument 'text'", 'exit 2');
  });

  it('an agent asks → `approvals answer` offers the question, asks for the text and gives it; `approve` asks for it too', async () => {
    for (const [command, text] of [
      ['answer', 'Name three seas. Ask me which ocean.'],
      ['approve', 'Name three bays. Ask me which coast.'],
    ] as const) {
      const { goalId } = JSON.parse((await runCli(dataDir, 'run', '--detach', '--json', text)).out) as {
        goalId: string;
      };
      const [item] = await until(() => openItems(goalId), 'the agent asks');
      await enter(`orchestrator approvals ${command}`, `${item?.id}  question: `);
      await terminal.press('Enter');
      await shown('The answer:');
      await terminal.type('the northern one');
      await shown(`answered: ${item?.id}`, 'exit 0');
      const { out } = await runCli(dataDir, 'approvals', 'show', item?.id ?? '', '--json');
      expect(JSON.parse(out)).toMatchObject({ kind: 'question', note: 'the northern one' });
    }
  });

  it('a plan that waits → no question that could be answered; chosen, shown and asked about: no, then yes', async () => {
    await enter('orchestrator approvals approve', 'There is none to choose', 'exit 2');
    const run = ['run', '--detach', '--json', '--approve-plan', 'ask', 'Name three hills'];
    const { goalId } = JSON.parse((await runCli(dataDir, ...run)).out) as { goalId: string };
    const [item] = await until(() => openItems(goalId), 'the plan waits');
    const id = item?.id ?? '';
    const answered = await runCli(dataDir, 'approvals', 'answer', id, 'Euros');
    expect(answered).toMatchObject({ code: 2, err: expect.stringContaining('no question but a plan') });
    expect(await openItems(goalId)).toHaveLength(1);
    await enter('orchestrator approvals approve', `${id}  plan:`);
    await terminal.press('Enter');
    await shown('Approve exactly this?');
    await terminal.type('n');
    await shown('Nothing was decided.', 'exit 0');
    await enter('orchestrator approvals approve', `${id}  plan:`);
    await terminal.press('Enter');
    await shown('Approve exactly this?');
    await terminal.type('y');
    await shown(`approved: ${id}`, 'exit 0');
    await enter(`orchestrator approvals deny '${id}'`, 'Too late: approved by', 'exit 7');
  });

  it('--json, or no terminal → nobody is asked', async () => {
    await enter('orchestrator goals show --json', 'usage.missing-argument', 'exit 2');
    await enter('orchestrator goals show < /dev/null', "argument 'id'", 'exit 2');
  });
});
