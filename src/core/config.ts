/** Every setting, with its default and meaning: the zod schema behind files, environment and flags. Host side only (zod). */
import { z } from 'zod';
import { agentSchema } from './agent.ts';
import { MAX_BUDGET_USD, MAX_BUDGET_WAIT_MS, MIN_BUDGET_USD, MIN_BUDGET_WAIT_MS } from './contracts/budget.ts';
import { ABSOLUTE_MAX_TASKS, DEFAULT_MAX_TASKS } from './contracts/limits.ts';

const port = z.int().min(0).max(65_535);
const ms = (min: number, max: number) => z.int().min(min).max(max);

import { planApprovalSettings } from './plan-approval.ts';
import { policySchema } from './policy.ts';

/** The model behind a tier and how it is asked. */
export const tierModelSchema = z.strictObject({
  model: z.string().min(1).describe('Model id, e.g. claude-sonnet-5-5.'),
  maxOutputTokens: z.int().min(256).max(128_000).default(16_000).describe('Output tokens a call may use.'),
  thinking: z
    .enum(['default', 'adaptive', 'disabled'])
    .default('default')
    .describe('Thinking mode; "default" sends none.'),
  effort: z.enum(['default', 'by-task']).default('default').describe('"by-task" sends S, M, L as low, medium, high.'),
});
export type TierModel = z.infer<typeof tierModelSchema>;

/** Limits of a tier's model; the lower of these and what the API tells holds. */
const limitsSchema = (tier: string) =>
  z
    .strictObject({
      requestsPerSecond: z.number().min(0.01).max(10_000).optional().describe(`Requests a second of tier ${tier}.`),
      requestsPerMinute: z.int().min(1).max(1_000_000).optional().describe(`Requests a minute of tier ${tier}.`),
      inputTokensPerMinute: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .optional()
        .describe(`Input tokens a minute of tier ${tier}; those read from a cache do not count.`),
      outputTokensPerMinute: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .optional()
        .describe(`Output tokens a minute of tier ${tier}.`),
    })
    .prefault({});

export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('~/.ai-orchestrator')
    .describe('Folder of the embedded instance: databases, workspaces, logs.'),
  tenant: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('default')
    .describe('Tenant that goals belong to.'),
  tenants: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9-]{1,32}$/)
          .describe('Its name.'),
        weight: z.number().min(0.001).max(1_000).describe('Its share; a tenant that is not listed has 1.'),
      }),
    )
    .max(1_000)
    .default([])
    .describe('Shares of tenants when there is not room for all: one of weight 2 gets twice what one of 1 gets.'),
  temporal: z
    .strictObject({
      address: z.string().min(1).optional().describe('host:port of a Temporal server. Without it one is started.'),
      namespace: z.string().min(1).default('default').describe('Namespace on that server.'),
      cliPath: z.string().min(1).optional().describe('A `temporal` binary to start the embedded server with.'),
      port: port
        .default(7233)
        .describe('Port of the embedded server; another free one is taken when it is in use. 0: any.'),
      uiPort: port.default(8233).describe('Port of its Web UI; likewise.'),
      taskQueue: z
        .string()
        .regex(/^[a-z0-9-]{1,64}$/)
        .default('orchestrator')
        .describe('Task queue, or its prefix when distributed.'),
      deployment: z
        .string()
        .regex(/^[a-zA-Z0-9_-]{1,64}$/)
        .optional()
        .describe('Worker deployment: goals stay on the build that began them. Only with a server of your own.'),
    })
    .prefault({})
    .describe('The Temporal server.'),
  database: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .optional()
        .meta({ secret: true })
        .describe('postgres:// URL. Without it an embedded PostgreSQL is used.'),
      poolSize: z
        .int()
        .min(2)
        .max(100)
        .default(8)
        .describe('Connections per process. More than the database can serve at once make all of them slower.'),
    })
    .prefault({})
    .describe('The store.'),
  claude: z
    .strictObject({
      apiKey: z.string().min(1).optional().meta({ secret: true }).describe('Anthropic API key.'),
      baseUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Another address of the API, e.g. a gateway.'),
      idleTimeoutMs: ms(1_000, 600_000).default(60_000).describe('A stream without progress for so long is ended.'),
      callTimeoutMs: ms(10_000, 3_600_000).default(600_000).describe('Longest time of one model call.'),
      maxFailures: z
        .int()
        .min(1)
        .max(20)
        .default(5)
        .describe('Requests of one call that may fail before it is given up.'),
      probeIntervalMs: ms(100, 60_000).default(5_000).describe('Time between probes of an overloaded model.'),
      tiers: z
        .strictObject({
          fast: tierModelSchema.prefault({ model: 'claude-haiku-5-5', maxOutputTokens: 8_000 }),
          balanced: tierModelSchema.prefault({ model: 'claude-sonnet-5-5', thinking: 'adaptive', effort: 'by-task' }),
          deep: tierModelSchema.prefault({
            model: 'claude-opus-5-5',
            maxOutputTokens: 32_000,
            thinking: 'adaptive',
            effort: 'by-task',
          }),
        })
        .prefault({})
        .describe('Models by tier.'),
      limits: z
        .strictObject({ fast: limitsSchema('fast'), balanced: limitsSchema('balanced'), deep: limitsSchema('deep') })
        .prefault({})
        .describe('What calls of a tier may use. The API tells its own limits; set these to stay under them.'),
      batch: z
        .strictObject({
          windowMs: ms(0, 60_000).default(2_000).describe('Calls that become ready within so long go together.'),
          pollMs: ms(100, 3_600_000)
            .default(30_000)
            .describe('Time before the first look at a batch; it grows to ten times as long.'),
          maxWaitMs: ms(1_000, 86_400_000)
            .default(86_400_000)
            .describe('A batch that has not ended by then is cancelled and its calls are made live.'),
        })
        .prefault({})
        .describe('Batches of goals that are run with --batch.'),
    })
    .prefault({})
    .describe('Claude.'),
  goals: z
    .strictObject({
      verify: z.enum(['off', 'final', 'each-task']).default('final').describe('What the checker checks.'),
      synthesis: z.boolean().default(true).describe('Whether the manager writes one deliverable.'),
      maxTasks: z.int().min(1).max(ABSOLUTE_MAX_TASKS).default(DEFAULT_MAX_TASKS).describe('Tasks a plan may have.'),
      maxParallelTasks: z.int().min(1).max(500).default(50).describe('Tasks of one goal that run at once.'),
      maxTurns: z.int().min(1).max(500).default(40).describe('Model calls of one task revision.'),
      maxRevisions: z.int().min(0).max(10).default(2).describe('Revisions the checker may ask for.'),
      maxRetries: z.int().min(0).max(10).default(1).describe('Fresh attempts after a failed one.'),
      maxReplans: z.int().min(0).max(10).default(2).describe('Replans of one goal.'),
      taskTimeoutMs: ms(1_000, 86_400_000).default(3_600_000).describe('Wall time of one task.'),
      ...planApprovalSettings,
      budgetUsd: z
        .number()
        .min(MIN_BUDGET_USD)
        .max(MAX_BUDGET_USD)
        .optional()
        .describe('USD that one goal may spend on model calls. Without it there is no limit.'),
      budgetWarnShare: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.8)
        .describe('Share of the budget, spent or reserved, at which a warning is given.'),
      onBudget: z
        .enum(['wait', 'partial'])
        .default('wait')
        .describe('When the budget is used up: wait until it is raised, or end with what is there.'),
      budgetWaitMs: ms(MIN_BUDGET_WAIT_MS, MAX_BUDGET_WAIT_MS)
        .optional()
        .describe(
          'Longest wait for it to be raised; then the goal ends with what is there. Without it there is no limit.',
        ),
    })
    .prefault({})
    .describe('Defaults of goals; a goal may set its own.'),
  budgets: z
    .strictObject({
      tenantMonthlyUsd: z
        .number()
        .min(MIN_BUDGET_USD)
        .max(MAX_BUDGET_USD)
        .optional()
        .describe('USD that all goals of the tenant may spend in a calendar month (UTC). A higher one holds at once.'),
      tenantWarnShare: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.8)
        .describe('Share of it, spent or reserved, at which a warning is given.'),
    })
    .prefault({})
    .describe('Budgets above the goals.'),
  policy: policySchema
    .prefault({})
    .describe('What agents may do with tools, in order: the first rule that holds decides.'),
  approvals: z
    .strictObject({
      expiresAfterMs: ms(1_000, 365 * 86_400_000)
        .default(7 * 86_400_000)
        .describe('Time people have to decide what they are asked.'),
      onExpiry: z
        .enum(['wait', 'deny', 'escalate'])
        .default('deny')
        .describe('When nobody has decided by then: go on waiting, take it as denied, or announce it again and wait.'),
      remindAfterMs: ms(1_000, 365 * 86_400_000)
        .default(86_400_000)
        .describe('Time after which there is a reminder.'),
    })
    .prefault({})
    .describe('What people are asked: tools, questions, plans.'),
  schedules: z
    .strictObject({
      minIntervalMs: ms(1_000, 86_400_000).default(10_000).describe('Shortest interval of a schedule.'),
      lateAfterMs: ms(1_000, 86_400_000)
        .default(60_000)
        .describe('A goal that starts so long after its time is marked as late.'),
    })
    .prefault({})
    .describe('Schedules.'),
  agents: z
    .strictObject({
      dir: z
        .string()
        .min(1)
        .default('agents')
        .describe('Folder of agent files (*.yaml), relative to the configuration file.'),
      own: z.array(agentSchema).max(100).default([]).describe('Agents defined here.'),
    })
    .prefault({})
    .describe('Your own agents, besides the built-in ones.'),
  worker: z
    .strictObject({
      buildId: z
        .string()
        .regex(/^[a-zA-Z0-9_.-]{1,64}$/)
        .optional()
        .describe('Build of this worker in the deployment. Without it: the version of the package.'),
      maxConcurrentActivities: z
        .int()
        .min(1)
        .max(2_000)
        .optional()
        .describe('Model and tool calls at once in this process. Without it: from cores and memory.'),
      maxConcurrentWorkflowTasks: z.int().min(2).max(1_000).optional().describe('Workflow tasks at once; likewise.'),
      maxCachedWorkflows: z.int().min(0).max(10_000).optional().describe('Workflows kept in memory; likewise.'),
      memoryLimitMb: z
        .int()
        .min(64)
        .max(1_048_576)
        .optional()
        .describe('Memory of this process; from 90 % on no new calls are taken. Without it: half of the machine’s.'),
      shutdownGraceMs: ms(0, 600_000)
        .default(120_000)
        .describe('Time that running calls get at shutdown; longer than nearly all your model calls take.'),
    })
    .prefault({})
    .describe('Worker resources.'),
  monitoring: z
    .strictObject({
      metricsPort: port.optional().describe('Port that serves metrics to Prometheus, at /metrics. Without it: none.'),
      metricsAddress: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Address it is served on; anyone there can read.'),
      examineMs: ms(1_000, 3_600_000).default(30_000).describe('Time between looks for goals that do not go on.'),
    })
    .prefault({})
    .describe('Metrics and the search for stuck goals.'),
  logging: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least level written.'),
      format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('auto: pretty on a terminal, else JSON.'),
    })
    .prefault({})
    .describe('Logging.'),
});
export type Config = z.infer<typeof configSchema>;
