/** People in control, on the real parts: allow and deny tools, answer questions, steer, pause, halt (G9, G10, G31). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { approvalLines } from '../../src/cli/view/approval.ts';
import type { ApprovalView } from '../../src/core/approval.ts';
import type { GoalPolicy } from '../../src/core/policy.ts';
import { type Brain, type SimulatedRequest, submit, toolUse, withLatency } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: 20 } });
});
afterAll(() => system.close());

const plan = planOf([task('a')]);
const askBeforeWriting: GoalPolicy = { rules: [{ tool: 'write_file', verdict: 'ask' }] };

/** First a tool, then a submission; keeps what the second request said. */
function firstTool(name: string, input: object): { brain: Brain; second: () => string } {
  let heard = '';
  return {
    brain: (request: SimulatedRequest) => {
      if (request.prompt.turnsSoFar === 0) return toolUse(name, input);
      heard = JSON.stringify(request.params.messages.slice(1));
      return submit({ summary: 'done', output: 'done' });
    },
    second: () => heard,
  };
}

const openItem = (goalId: string): Promise<ApprovalView> =>
  until(async () => (await system.client.approvals({ goalId }))[0]);

describe('people in control', () => {
  it('a tool that policy asks for → exact arguments shown; approved by hash → runs; nothing before (G10)', async () => {
    const { brain } = firstTool('write_file', { path: 'report.md', content: 'in euros' });
    const goalId = await system.start(brain, { plan, policy: askBeforeWriting });
    const item = await openItem(goalId);
    expect(item).toMatchObject({ kind: 'tool', tool: 'write_file', taskId: 'a', state: 'open', onExpiry: 'deny' });
    const shown = await system.client.approval(item.id);
    expect(shown.arguments).toEqual({ path: 'report.md', content: 'in euros' });
    await until(async () => ((await system.client.show(goalId)).awaiting === 'tool' ? true : undefined));
    const file = join(system.dataDir, 'workspaces', 'default', goalId, 'report.md');
    await expect(readFile(file, 'utf8')).rejects.toThrow();
    const stale = system.client.decide(item.id, { verdict: 'approve', hash: 'f'.repeat(64) });
    await expect(stale).rejects.toMatchObject({ code: 'approval.stale' });
    const verdicts = await Promise.all(
      (['approve', 'deny', 'approve'] as const).map((verdict, at) =>
        system.client.decide(item.id, { verdict, hash: item.hash, author: `person ${at}` }),
      ),
    );
    expect(verdicts.filter((verdict) => verdict.applied)).toHaveLength(1);
    const [decided] = await system.client.approvals({ goalId, all: true });
    const [winner] = verdicts.filter((verdict) => verdict.applied);
    expect(decided).toMatchObject({
      decidedBy: winner?.by,
      state: winner?.verdict === 'approve' ? 'approved' : 'denied',
    });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    if (winner?.verdict === 'approve') expect(await readFile(file, 'utf8')).toBe('in euros');
    else await expect(readFile(file, 'utf8')).rejects.toThrow();
    expect(await system.client.approvals({ goalId })).toEqual([]);
  });

  it('arguments changed after the approval → asked again under another hash; the old verdict does not hold (G10)', async () => {
    const goalId = await system.start(
      ({ prompt }) => {
        if (prompt.turnsSoFar < 2)
          return toolUse('write_file', { path: 'a.txt', content: `turn ${prompt.turnsSoFar}` });
        return submit({ summary: 'done', output: 'done' });
      },
      { plan, policy: askBeforeWriting },
    );
    const first = await openItem(goalId);
    await system.client.decide(first.id, { verdict: 'approve', hash: first.hash });
    const second = await until(async () =>
      (await system.client.approvals({ goalId })).find(({ id }) => id !== first.id),
    );
    expect(second).toMatchObject({ kind: 'tool', tool: 'write_file', state: 'open' });
    expect(second.hash).not.toBe(first.hash);
    expect((await system.client.approval(second.id)).arguments).toMatchObject({ content: 'turn 1' });
    const stale = system.client.decide(second.id, { verdict: 'approve', hash: first.hash });
    await expect(stale).rejects.toMatchObject({ code: 'approval.stale' });
    await system.client.decide(second.id, { verdict: 'deny', hash: second.hash });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    const file = join(system.dataDir, 'workspaces', 'default', goalId, 'a.txt');
    expect(await readFile(file, 'utf8')).toBe('turn 0');
  });

  it('denied with a reason → not run, and the agent is told the reason', async () => {
    const { brain, second } = firstTool('write_file', { path: 'report.md', content: 'x' });
    const goalId = await system.start(brain, { plan, policy: askBeforeWriting });
    const item = await openItem(goalId);
    await system.client.decide(item.id, { verdict: 'deny', hash: item.hash, note: 'not into that file' });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(second()).toContain('A person has denied this call: not into that file');
    const [row] = await system.rows<{ is_error: boolean }>(
      'select is_error from orchestrator.tool_calls where goal_id = $1',
      [goalId],
    );
    expect(row).toEqual({ is_error: true });
  });

  it('a tool that the goal’s own rules deny → nobody is asked, nothing runs, the agent is told (G31)', async () => {
    const { brain, second } = firstTool('write_file', { path: 'report.md', content: 'x' });
    const policy: GoalPolicy = { rules: [{ effect: 'write', verdict: 'deny' }] };
    const goalId = await system.start(brain, { plan, policy });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(second()).toMatch(/Not allowed: the goal’s own rule/);
    expect(await system.client.approvals({ goalId, all: true })).toEqual([]);
  });

  it('an agent asks a person → waits, gets the answer; the exact question is shown', async () => {
    const { brain, second } = firstTool('ask_person', { question: 'Which currency?', options: ['EUR', 'USD'] });
    const goalId = await system.start(brain, { plan });
    const item = await openItem(goalId);
    expect(item).toMatchObject({ kind: 'question', title: 'Which currency?' });
    expect((await system.client.approval(item.id)).arguments).toMatchObject({ options: ['EUR', 'USD'] });
    const verdict = { verdict: 'approve', hash: item.hash } as const;
    for (const wrong of [verdict, { ...verdict, note: 'Euros', scope: 'goal' as const }])
      await expect(system.client.decide(item.id, wrong)).rejects.toMatchObject({ code: 'control.invalid' });
    await system.client.decide(item.id, { ...verdict, note: 'Euros, please' });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(second()).toContain('Euros, please');
    const answered = await system.client.approval(item.id);
    expect(answered).toMatchObject({ state: 'approved', note: 'Euros, please' });
    const late = system.client.halt({ goalId }, { reason: 'too late' });
    await expect(late).rejects.toMatchObject({ code: 'goal.closed' });
  });

  it('the budget is used up → an item with the exact facts; approved → raised, goes on; who comes late is told (G8, G10)', async () => {
    const goalId = await system.start(computing(), { plan, budgetUsd: 0.001 });
    const item = await openItem(goalId);
    expect(item).toMatchObject({ kind: 'budget', state: 'open', taskId: null, onExpiry: 'deny' });
    const [account] = await system.rows<{ cap: string; settled: string }>(
      'select cap_micro_usd as cap, settled_micro_usd as settled from orchestrator.budget_accounts where account = $1',
      [`goal/${goalId}`],
    );
    expect(item.budget).toMatchObject({
      ...{ account: `goal/${goalId}`, capMicroUsd: Number(account?.cap), settledMicroUsd: Number(account?.settled) },
      ...{ capMicroUsd: 1_000, calls: 1 },
    });
    const { neededMicroUsd = 0, leastMicroUsd = 0, raiseToMicroUsd = 0 } = item.budget ?? {};
    expect(neededMicroUsd).toBeGreaterThan(1_000);
    expect(raiseToMicroUsd).toBeGreaterThanOrEqual(leastMicroUsd);
    const lines = approvalLines(await system.client.approval(item.id)).join('\n');
    expect(lines).toContain(`Account   goal/${goalId}`);
    expect(lines).toContain('Limit     $0.001, of it $0.00 spent');
    const tooLittle = { verdict: 'approve', hash: item.hash, budgetUsd: (leastMicroUsd - 1) / 1_000_000 } as const;
    await expect(system.client.decide(item.id, tooLittle)).rejects.toMatchObject({ code: 'budget.invalid' });
    const verdict = { verdict: 'approve', hash: item.hash, author: 'ada' } as const;
    expect(await system.client.decide(item.id, verdict)).toMatchObject({ applied: true });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    const detail = await system.client.show(goalId);
    expect(detail.budget?.capMicroUsd).toBe(raiseToMicroUsd);
    expect(detail.budget?.settledMicroUsd).toBeLessThanOrEqual(raiseToMicroUsd);
    const late = await system.client.decide(item.id, { verdict: 'deny', hash: item.hash, author: 'bob' });
    expect(late).toMatchObject({ applied: false, verdict: 'approve', by: 'ada' });
  });

  it('a budget denied → the goal ends with what is there, nothing more is sent', async () => {
    const goalId = await system.start(computing(), { plan, budgetUsd: 0.001 });
    const item = await openItem(goalId);
    await system.client.decide(item.id, { verdict: 'deny', hash: item.hash, author: 'ada' });
    expect(await system.result(goalId)).toMatchObject({ status: 'failed', reason: expect.stringContaining('budget') });
    expect(system.simulator.requests.list().filter(({ key }) => key.startsWith(goalId))).toEqual([]);
    expect(await system.client.approval(item.id)).toMatchObject({ state: 'denied', decidedBy: 'ada' });
  });

  it('steered while it works → the text stands in the next request, escaped, as a person’s', async () => {
    const { brain, second } = firstTool('list_files', {});
    const slow: Brain = async (request) => withLatency(600, await brain(request));
    const goalId = await system.start(slow, { plan });
    await until(async () => ((await system.client.status(goalId)).counts.running === 1 ? true : undefined));
    await system.client.steer(goalId, { text: 'in <b>euros</b>, please', author: 'ada' });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(second()).toContain('in &lt;b&gt;euros&lt;/b&gt;, please');
  });

  it('halted: two goals in mid-call → cut within 2 s, nothing sent; released → both go on and end (G9)', async () => {
    const slow = computing({ when: () => true, reply: withLatency(20_000, submit({ summary: 'x', output: 'x' })) });
    const quick = computing();
    let halted = false;
    const brain: Brain = (request) => (halted ? quick(request) : slow(request));
    const goals = [await system.start(brain, { plan }), await system.start(brain, { plan: planOf([task('b')]) })];
    const pending = () =>
      system.simulator.requests.list().filter((entry) => goals.some((id) => entry.key.startsWith(id)));
    await until(async () => (pending().length === 2 ? true : undefined));
    await system.client.halt('tenant', { author: 'ada', reason: 'wrong prices' });
    const haltedAt = Date.now();
    await until(async () => (pending().every((entry) => entry.outcome === 'aborted') ? true : undefined));
    const cutMs = Date.now() - haltedAt;
    console.info(`G9: the kill switch cut both calls after ${cutMs} ms`);
    expect(cutMs).toBeLessThan(2_500);
    const waiting = await until(async () => {
      const detail = await system.client.show(goals[0] ?? '');
      return detail.awaiting === 'resume' ? detail : undefined;
    });
    expect(waiting.reason).toContain('halted by ada: wrong prices');
    const [third] = [await system.start(brain, { plan })];
    await until(async () => ((await system.client.show(third ?? '')).awaiting === 'resume' ? true : undefined));
    expect(pending()).toHaveLength(2);
    halted = true;
    expect(await system.client.halts()).toMatchObject([{ tenant: 'default', goalId: '*', by: 'ada' }]);
    expect((await system.client.release('tenant')).toSorted()).toEqual([...goals, third].toSorted());
    for (const goalId of [...goals, third ?? '']) {
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    }
    expect(await system.client.halts()).toEqual([]);
  });

  leavesSoundHistories(() => system);
});
