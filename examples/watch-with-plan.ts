/**
 * Gives the plan itself in place of the manager's, and watches the tasks as they run.
 *
 * An instance must run (`npx orchestrator up --simulate --detach`), then: `npx tsx examples/watch-with-plan.ts`.
 * With a key and a real instance: `npx orchestrator up --detach` and SIMULATE=off.
 */
import { connectOrchestrator, type PlanInput } from '../src/client/index.ts';

const plan: PlanInput = {
  title: 'Decide where sensor readings go',
  acceptanceCriteria: ['The deliverable names "200 devices".'],
  tasks: [
    {
      id: 'needs',
      title: 'What the readings need',
      instructions: 'State how much data comes in, how long it is kept and how it is asked for.',
      agent: 'analyst',
      tier: 'fast',
    },
    ...['postgresql', 'files', 'time-series-database'].map((way) => ({
      id: way,
      title: `Look at ${way}`,
      instructions: `Say what speaks for and against ${way}, given the needs.`,
      agent: 'researcher',
      tier: 'fast' as const,
      dependsOn: ['needs'],
    })),
    {
      id: 'recommendation',
      title: 'Recommend one',
      instructions: 'Recommend one of the three and say what would change your mind.',
      agent: 'writer',
      tier: 'balanced',
      dependsOn: ['postgresql', 'files', 'time-series-database'],
    },
  ],
};

const client = await connectOrchestrator({ simulate: process.env.SIMULATE !== 'off' });
try {
  const { goalId } = await client.start({
    text: 'Where do we keep the readings of 200 devices?',
    plan,
    tags: ['example'],
  });
  // Stored events come with a sequence number: after an interruption go on with `afterSeq`.
  for await (const event of client.watch(goalId)) {
    if (event.type === 'task-start' || event.type === 'task-end') {
      console.log(`${event.at} ${event.type} ${event.taskId} ${event.data.status ?? ''}`);
    }
  }
  const { status, tasks } = await client.show(goalId);
  console.log(status, tasks.map((task) => `${task.taskId}: ${task.status}`).join(', '));
} finally {
  await client.close();
}
