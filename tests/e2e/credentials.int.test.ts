/** The production path: `orchestrator up` with ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL; a wrong key and what mends it. */
import {
  isPlanCall,
  isSynthesisCall,
  isVerifyCall,
  plan as planReply,
  text,
  verdicts,
} from '../../src/simulator/index.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const RIGHT_KEY = 'sk-ant-test-right';
let system: System;
let up: UpProcess | undefined;
beforeAll(async () => {
  system = await startSystem({ worker: false, simulator: { validKeys: [RIGHT_KEY] } });
});
afterAll(async () => {
  await up?.end('SIGTERM');
  await system.close();
});

const CRITERION = 'The report names what a is.';
const report = (output: string): string => `# Report\n\n${output}`;

describe('the production path', () => {
  it('a wrong key → 1 request, the goal awaits credentials; the right key and resume → completed (G6)', async () => {
    up = await startUp(system, 'sk-ant-test-wrong');
    const goalId = await system.start(
      computing(
        { when: isPlanCall, reply: planReply(planOf([task('a')], { acceptanceCriteria: [CRITERION] })) },
        { when: isSynthesisCall, reply: ({ prompt }) => text(report(prompt.handover[0]?.output ?? '')) },
        {
          when: isVerifyCall,
          reply: ({ prompt }) => {
            const [deliverable] = prompt.handover;
            const quote = deliverable?.output.split('\n\n').at(-1) ?? '';
            return verdicts([{ criterion: 1, verdict: 'pass', source: deliverable?.task ?? '', quote, reason: 'ok' }]);
          },
        },
      ),
      { verify: 'final', synthesis: true },
    );
    for await (const event of system.client.watch(goalId, { signal: AbortSignal.timeout(PATIENCE_MS) })) {
      if (event.type === 'awaiting') break;
    }
    expect(await system.client.status(goalId)).toMatchObject({ status: 'planning', awaiting: 'credentials' });
    expect(await up.end('SIGTERM')).toBe(0);
    expect(system.simulator.requests.total).toBe(1);

    up = await startUp(system, RIGHT_KEY);
    await system.client.resume(goalId);
    const result = await system.result(goalId);
    expect(result).toMatchObject({ status: 'completed', census: { verified: true, modelCalls: 4, fallbacks: [] } });
    expect(result.deliverable).toMatch(/^# Report\n\na is [0-9a-f]{24}$/);
    expect(system.simulator.requests.total).toBe(5);
    const [goal] = await system.rows<{ text: string }>('select goals::text as text from orchestrator.goals');
    expect(goal?.text).not.toContain('sk-ant');
  });

  leavesSoundHistories(() => system);
});
