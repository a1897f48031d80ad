/** Every setting, with its default and meaning: the zod schema behind files, environment and flags. Host side only (zod). */
import { z } from 'zod';
import { agentSchema } from './agent.ts';
import { MAX_BUDGET_USD, MIN_BUDGET_USD } from './contracts/budget.ts';
import { ABSOLUTE_MAX_TASKS, DEFAULT_MAX_TASKS } from './contracts/limits.ts';

const port = z.int().min(0).max(65_535);
const ms = (min: number, max: number) => z.int().min(min).max(max);

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
      poolSize: z.int().min(2).max(100).default(20).describe('Connections per process.'),
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
    })
    .prefault({})
    .describe('Defaults of goals; a goal may set its own.'),
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
      maxConcurrentActivities: z.int().min(1).max(1_000).default(200).describe('Activities at once in this process.'),
      maxConcurrentWorkflowTasks: z.int().min(2).max(1_000).default(40).describe('Workflow tasks at once.'),
      maxCachedWorkflows: z.int().min(0).max(10_000).default(200).describe('Workflows kept in memory.'),
      shutdownGraceMs: ms(0, 600_000).default(30_000).describe('Time running calls get at shutdown.'),
    })
    .prefault({})
    .describe('Worker resources.'),
  logging: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least level written.'),
      format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('auto: pretty on a terminal, else JSON.'),
    })
    .prefault({})
    .describe('Logging.'),
});
export type Config = z.infer<typeof configSchema>;
