/** What the examination asks of Temporal: open workflows, what each is at, who polls. Host side. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { factsOf, type WorkflowFacts } from './workflow-facts.ts';

/** The port. */
export interface WorkflowSurvey {
  /** Ids of the open workflows on our queue, of goals and others, at most `limit`. */
  openIds(limit: number): Promise<readonly string[]>;
  /** Undefined when Temporal knows no workflow of this id. */
  describe(workflowId: string): Promise<WorkflowFacts | undefined>;
  /** Why its last workflow task failed, when history says so. */
  taskFailure(facts: WorkflowFacts): Promise<string | undefined>;
  /** Whether a worker has asked for tasks of this queue lately. */
  isPolled(taskQueue: string, kind: 'workflow' | 'activity'): Promise<boolean>;
}

/** A worker asks at least once a minute. */
const POLLED_WITHIN_MS = 90_000;
const NOT_FOUND = 5;
const QUEUE_TYPE = { workflow: 1, activity: 2 } as const;
/** With fewer events a run cannot have taken many updates: each leaves at least two. */
const UPDATES_FROM_EVENTS = 2_400;
const PAGE = 200;

/** The port over a real client. */
export function temporalSurvey(client: Client, taskQueue: string): WorkflowSurvey {
  return {
    openIds: (limit) => openIds(client, taskQueue, limit),
    describe: (workflowId) => describe(client, workflowId),
    taskFailure: (facts) => taskFailure(client, facts),
    isPolled: (queue, kind) => isPolled(client, queue, kind),
  };
}

async function openIds(client: Client, taskQueue: string, limit: number): Promise<string[]> {
  const query = `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
  const found: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) {
    found.push(workflowId);
    if (found.length >= limit) break;
  }
  return found;
}

async function describe(client: Client, workflowId: string): Promise<WorkflowFacts | undefined> {
  try {
    const { namespace } = client.options;
    const execution = { workflowId };
    const facts = factsOf(workflowId, await client.workflowService.describeWorkflowExecution({ namespace, execution }));
    if (!facts.running || facts.events < UPDATES_FROM_EVENTS) return facts;
    return { ...facts, updates: await countUpdates(client, facts) };
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return undefined;
    throw error;
  }
}

async function countUpdates(client: Client, { workflowId, runId }: WorkflowFacts): Promise<number> {
  const execution = { workflowId, runId };
  const request = { namespace: client.options.namespace, execution, maximumPageSize: PAGE };
  let updates = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      ...request,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    const events = page.history?.events ?? [];
    updates += events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return updates;
}

async function taskFailure(client: Client, { workflowId, runId }: WorkflowFacts): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 10,
  });
  const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
  return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? undefined;
}

async function isPolled(client: Client, name: string, kind: 'workflow' | 'activity'): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType: QUEUE_TYPE[kind],
  });
  const lately = Date.now() - POLLED_WITHIN_MS;
  return (pollers ?? []).some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > lately);
}
