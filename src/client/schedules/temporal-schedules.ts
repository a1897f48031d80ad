/** What the client asks of Temporal about schedules. Host side. */
import { randomUUID } from 'node:crypto';
import type { ScheduleOptionsStartWorkflowAction, ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import {
  type Client,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { temporalScheduleId } from '../../core/contracts/ids.ts';
import { searchAttributes } from '../../core/contracts/messages.ts';
import type { ScheduledGoalInput } from '../../core/contracts/scheduled-goal.ts';
import { temporalCron } from '../../core/cron.ts';
import { durationMs, type Overlap } from '../../core/schedule.ts';
import { askTemporal } from '../goal-workflows.ts';
import { repeated } from '../repeated.ts';
import type { CheckedSchedule } from './check-schedule.ts';

/** Wire name of the workflow that a tick starts; never changed once released. */
const SCHEDULED_GOAL_WORKFLOW = 'scheduledGoalWorkflow';
/** Rarer rules than once in so many years count as never firing: 29 February on a given weekday comes every 40 at most. */
const YEARS = 41;
const YEAR_MS = 366 * 86_400_000;

const OVERLAPS: Readonly<Record<Overlap, ScheduleOverlapPolicy>> = {
  skip: 'SKIP',
  bufferOne: 'BUFFER_ONE',
  bufferAll: 'BUFFER_ALL',
  cancelOther: 'CANCEL_OTHER',
  terminateOther: 'TERMINATE_OTHER',
  allowAll: 'ALLOW_ALL',
};

/** What Temporal knows of a schedule. */
export type ScheduleFacts = Pick<ScheduleDescription, 'info' | 'state'>;

/** The port. `gone`: Temporal has no such schedule. Errors: `temporal.unavailable`. */
export interface TemporalSchedules {
  /** The first times from now on; `refused` when the server does not take the schedule at all. */
  probe(schedule: CheckedSchedule): Promise<readonly Date[] | 'refused'>;
  /** Takes the place of one that a failed attempt has left. */
  create(tenant: string, schedule: CheckedSchedule, state: { paused: boolean }): Promise<void>;
  /** Leaves a pause as it is; `limitActions` starts to count again when it is given. */
  update(tenant: string, schedule: CheckedSchedule, limitActions?: number): Promise<'done' | 'gone'>;
  remove(tenant: string, id: string): Promise<'done' | 'gone'>;
  pause(tenant: string, id: string, note: string): Promise<'done' | 'gone'>;
  unpause(tenant: string, id: string, note: string): Promise<'done' | 'gone'>;
  /** Temporal's own default would be `allowAll`, whatever the schedule says. */
  trigger(tenant: string, id: string, overlap: Overlap): Promise<'done' | 'gone'>;
  backfill(tenant: string, id: string, range: { start: Date; end: Date; overlap: Overlap }): Promise<'done' | 'gone'>;
  describe(tenant: string, id: string): Promise<ScheduleFacts | undefined>;
  /** Whether the workflow of a tick runs that began by then. */
  tickRuns(tenant: string, id: string, by: Date): Promise<boolean>;
  /** Its times in the range, the first 1,000 at most. */
  times(tenant: string, id: string, range: { start: Date; end: Date }): Promise<readonly Date[]>;
}

/** The port over a real client. */
export function temporalSchedules(client: Client, taskQueue: string): TemporalSchedules {
  const handle = (tenant: string, id: string) => client.schedule.getHandle(temporalScheduleId(tenant, id));
  type Handle = ReturnType<typeof handle>;
  const on = async (tenant: string, id: string, work: (handle: Handle) => Promise<unknown>) =>
    (await known(client, () => work(handle(tenant, id)).then(() => 'done' as const))) ?? 'gone';
  return {
    probe: (schedule) => askTemporal(client, () => probe(client, schedule)),
    create: (tenant, schedule, { paused }) =>
      askTemporal(client, () => create(client, { tenant, schedule, taskQueue, paused })),
    update: (tenant, schedule, limitActions) =>
      on(tenant, schedule.definition.id, (each) =>
        each.update(({ state }) => ({
          ...optionsOf(tenant, schedule, taskQueue),
          state: { ...state, ...(limitActions === undefined ? {} : { remainingActions: limitActions }) },
        })),
      ),
    remove: (tenant, id) => on(tenant, id, (each) => each.delete()),
    pause: (tenant, id, note) => on(tenant, id, (each) => each.pause(note)),
    unpause: (tenant, id, note) => on(tenant, id, (each) => each.unpause(note)),
    trigger: (tenant, id, overlap) => on(tenant, id, (each) => each.trigger(OVERLAPS[overlap])),
    backfill: (tenant, id, { overlap, ...range }) =>
      on(tenant, id, (each) => each.backfill({ ...range, overlap: OVERLAPS[overlap] })),
    describe: (tenant, id) => known(client, () => look(client, () => handle(tenant, id).describe())),
    tickRuns: (tenant, id, by) => askTemporal(client, () => tickRuns(client, temporalScheduleId(tenant, id), by)),
    times: (tenant, id, range) => askTemporal(client, () => matching(client, temporalScheduleId(tenant, id), range)),
  };
}

/** A schedule that cannot start anything, for as long as it takes to ask. */
async function probe(client: Client, schedule: CheckedSchedule): Promise<readonly Date[] | 'refused'> {
  const scheduleId = `probe-${randomUUID()}`;
  const { jitter: _jitter, ...spec } = specOf(schedule);
  const action = { type: 'startWorkflow', workflowType: SCHEDULED_GOAL_WORKFLOW, taskQueue: scheduleId } as const;
  try {
    await client.schedule.create({ scheduleId, spec, action, state: { paused: true, remainingActions: 0 } });
  } catch (error) {
    // The SDK turns the server's INVALID_ARGUMENT into it.
    if (error instanceof TypeError) return 'refused';
    throw error;
  }
  try {
    const start = new Date();
    return await matching(client, scheduleId, { start, end: new Date(start.getTime() + YEARS * YEAR_MS) });
  } finally {
    await client.schedule.getHandle(scheduleId).delete();
  }
}

interface NewSchedule {
  readonly tenant: string;
  readonly schedule: CheckedSchedule;
  readonly taskQueue: string;
  readonly paused: boolean;
}

async function create(client: Client, { tenant, schedule, taskQueue, paused }: NewSchedule): Promise<void> {
  const { limitActions } = schedule.definition;
  const options = {
    ...optionsOf(tenant, schedule, taskQueue),
    scheduleId: temporalScheduleId(tenant, schedule.definition.id),
    state: { paused, ...(limitActions === undefined ? {} : { remainingActions: limitActions }) },
  };
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(options.scheduleId).delete();
    await client.schedule.create(options);
  }
}

function optionsOf(tenant: string, schedule: CheckedSchedule, taskQueue: string) {
  const { id, overlap, catchupWindow } = schedule.definition;
  const input: ScheduledGoalInput = { tenant, scheduleId: id };
  const typedSearchAttributes = new TypedSearchAttributes([{ key: searchAttributes.tenant, value: tenant }]);
  const action: ScheduleOptionsStartWorkflowAction<(input: ScheduledGoalInput) => Promise<unknown>> = {
    type: 'startWorkflow',
    workflowType: SCHEDULED_GOAL_WORKFLOW,
    workflowId: temporalScheduleId(tenant, id),
    args: [input],
    taskQueue,
    typedSearchAttributes,
    staticSummary: `schedule ${id}`,
  };
  const policies = { overlap: OVERLAPS[overlap], catchupWindow: durationMs(catchupWindow) };
  return { spec: specOf(schedule), action, policies, typedSearchAttributes };
}

function specOf({ definition, rules }: CheckedSchedule): ScheduleSpec {
  const { interval, timezone, jitter, startAt, endAt } = definition;
  return {
    ...(interval
      ? { intervals: [{ every: durationMs(interval.every), offset: durationMs(interval.offset ?? '0s') }] }
      : {}),
    ...(rules.length > 0 ? { cronExpressions: rules.map(temporalCron) } : {}),
    timezone,
    ...(jitter === undefined ? {} : { jitter: durationMs(jitter) }),
    ...(startAt === undefined ? {} : { startAt: new Date(startAt) }),
    ...(endAt === undefined ? {} : { endAt: new Date(endAt) }),
  };
}

async function tickRuns(client: Client, scheduleId: string, by: Date): Promise<boolean> {
  const began = `TemporalScheduledById = '${scheduleId}' AND StartTime <= '${by.toISOString()}'`;
  const query = `WorkflowType = '${SCHEDULED_GOAL_WORKFLOW}' AND ExecutionStatus = 'Running' AND ${began}`;
  return (await client.workflow.count(query)).count > 0;
}

async function matching(
  client: Client,
  scheduleId: string,
  range: { start: Date; end: Date },
): Promise<readonly Date[]> {
  const at = (date: Date) => ({ seconds: Math.floor(date.getTime() / 1_000), nanos: 0 }) as unknown as Timestamp;
  const { startTime } = await look(client, () =>
    client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId,
      startTime: at(range.start),
      endTime: at(range.end),
    }),
  );
  return startTime.map(({ seconds, nanos }) => new Date(Number(seconds) * 1_000 + Math.floor((nanos ?? 0) / 1e6)));
}

type Timestamp = Exclude<
  Parameters<Client['workflowService']['listScheduleMatchingTimes']>[0]['startTime'],
  null | undefined
>;

/** Time in which a look is answered, or lost. */
const LOOK_MS = 3_000;

/** The server asks a workflow of its own, and once in a while that question is lost: who asks again has the answer at once. */
function look<T>(client: Client, request: () => Promise<T>): Promise<T> {
  return repeated(
    () => client.withDeadline(Date.now() + LOOK_MS, request),
    { maxTries: 5, firstDelayMs: 1 },
    // The deadline has passed; where the server sees that first, it says that the call is cancelled.
    (error) => isGrpcDeadlineError(error) || isGrpcCancelledError(error),
  );
}

async function known<T>(client: Client, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await askTemporal(client, request);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
