/** Results that lie and checkers that invent: what the person is told. */
import {
  isCheckCall,
  isSynthesisCall,
  isTaskCall,
  isVerifyCall,
  type SimulatedRequest,
  submit,
  text,
  verdicts,
} from '../../src/simulator/index.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.close());

const CRITERION = 'The result names the yearly price in euros.';
const CLAIM = 'Everything is done: the yearly price in euros is named, all criteria are met.';
const LIE = submit({ summary: CLAIM, output: 'The options were compared with care.' });
const QUOTE = 'The yearly price is 4,200 euros.';

/** A pass for the first criterion, shown by words that stand nowhere. */
const invented = ({ prompt }: SimulatedRequest) =>
  verdicts([
    { criterion: 1, verdict: 'pass', source: prompt.handover[0]?.task ?? '', quote: QUOTE, reason: 'It is named.' },
  ]);

describe('a result that lies', () => {
  it('passed by its checker on an invented quote → unverified, sent back, then failed; never completed', async () => {
    const seen: string[] = [];
    const goalId = await system.start(
      computing(
        { when: isTaskCall('a'), reply: LIE },
        {
          when: isCheckCall('a'),
          reply: (request) => {
            seen.push(JSON.stringify(request.params));
            return invented(request);
          },
        },
      ),
      {
        plan: planOf([task('a', [], { acceptanceCriteria: [CRITERION], onFailure: 'skip-dependents' }), task('b')]),
        verify: 'each-task',
      },
    );
    const { status, census } = await system.result(goalId);
    expect(status).toBe('partial');
    expect(census.tasks).toMatchObject({ done: 1, failed: 1, revised: 1 });
    const { criteria, tasks } = await system.client.show(goalId);
    expect(criteria.find(({ taskId }) => taskId === 'a')).toMatchObject({
      criterion: CRITERION,
      verdict: 'unverified',
      quote: null,
    });
    expect(tasks.find(({ taskId }) => taskId === 'a')).toMatchObject({
      status: 'failed',
      reason: 'criteria not met after 2 revisions',
    });
    expect(seen).toHaveLength(3);
    for (const request of seen) {
      expect(request).toContain('The options were compared with care.');
      expect(request).not.toContain(CLAIM);
    }
  });

  it('a deliverable that claims, verified on an invented quote → unverified, partial; the census says so', async () => {
    const goalId = await system.start(
      computing(
        { when: isSynthesisCall, reply: text('# Report\n\nThe options were compared with care.') },
        { when: isVerifyCall, reply: invented },
      ),
      {
        plan: planOf([task('a')], { acceptanceCriteria: [CRITERION] }),
        verify: 'final',
        synthesis: true,
      },
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'partial',
      reason: 'criteria of the goal are not all met',
      census: { criteria: { total: 1, pass: 0, unverified: 1 } },
      criteria: [{ taskId: null, criterion: CRITERION, verdict: 'unverified', quote: null }],
    });
  });

  it('an honest result with its exact words → pass with the quote, completed and verified', async () => {
    const goalId = await system.start(
      computing(
        { when: isTaskCall('a'), reply: submit({ output: `After all rebates: ${QUOTE}` }) },
        { when: isVerifyCall, reply: invented },
      ),
      { plan: planOf([task('a', [], { acceptanceCriteria: [CRITERION] })]), verify: 'final' },
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      census: { verified: true, criteria: { total: 1, pass: 1 } },
      criteria: [{ verdict: 'pass', quote: QUOTE, source: 'a' }],
    });
  });

  leavesSoundHistories(() => system);
});
