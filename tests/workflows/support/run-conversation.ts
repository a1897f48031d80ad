/** Runs conversationWorkflow on the test server with fake activities that write down what is said. Tests only. */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { WorkflowEvent } from '../../../src/core/contracts/activities.ts';
import type { CallModelInput, CallModelResult, TurnOutcome } from '../../../src/core/contracts/calls.ts';
import type {
  ConversationInput,
  RunChatToolInput,
  RunChatToolResult,
  SendMessageInput,
  SendMessageResult,
} from '../../../src/core/contracts/conversation.ts';
import { conversationKey, embeddedQueues } from '../../../src/core/contracts/ids.ts';
import { sendMessageUpdate } from '../../../src/core/contracts/messages.ts';
import type { conversationWorkflow } from '../../../src/workflows/index.ts';
import { fakeRef } from './fake-activities.ts';
import { recorded } from './recorded.ts';
import type { GoalBench } from './run-goal.ts';

const USAGE = {
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
};

/** What was said, in the order in which it was. */
export interface FakeChat {
  /** Message ids as they were taken up, each once. */
  readonly taken: string[];
  /** Numbers of the messages whose reply ended. */
  readonly replied: number[];
  readonly ended: string[];
  readonly tools: RunChatToolInput[];
  readonly events: WorkflowEvent[];
  readonly activities: object;
}

/** `script`: what a turn comes to, by default a reply. `tool`: what a tool call comes to. */
export function fakeChat(setup: {
  taskQueue: string;
  script?: (call: CallModelInput) => TurnOutcome | Promise<TurnOutcome>;
  tool?: (call: RunChatToolInput) => RunChatToolResult;
}): FakeChat {
  const { script = () => ({ kind: 'replied' as const }), tool = () => ({ isError: false }) } = setup;
  const chat: FakeChat = { taken: [], replied: [], ended: [], tools: [], events: [], activities: {} };
  const once = <T>(list: T[], value: T) => {
    if (!list.includes(value)) list.push(value);
  };
  return Object.assign(chat, {
    activities: {
      async takeMessage({ messageId }: SendMessageInput) {
        once(chat.taken, messageId);
        return { snapshot: 'snapshot', queues: embeddedQueues(setup.taskQueue) };
      },
      takeEnd: async ({ goalId }: { goalId: string }) => once(chat.ended, goalId),
      runChatTool: recorded(async (input: RunChatToolInput) => {
        chat.tools.push(input);
        return tool(input);
      }),
      callModel: recorded(async (input: CallModelInput): Promise<CallModelResult> => {
        const outcome = await script(input);
        if (outcome.kind === 'replied') chat.replied.push(input.revision);
        return { outcome, model: 'fake', usage: USAGE, costMicroUsd: 1, recorded: false };
      }),
      async recordEvents({ events }: { events: readonly WorkflowEvent[] }) {
        for (const event of events)
          if (!chat.events.some((one) => one.number === event.number)) chat.events.push(event);
      },
    },
  });
}

/** A conversation of its own: says things as the client does, with update-with-start. */
export function newConversation(bench: GoalBench, input: Partial<ConversationInput> = {}) {
  const goalId = conversationKey(`${bench.taskQueue}-${randomUUID().slice(0, 8)}`);
  const conversation: ConversationInput = { goalId, tenant: 'default', next: { message: 1, event: 1 }, ...input };
  const handle = (): WorkflowHandle<typeof conversationWorkflow> => bench.client.workflow.getHandle(goalId);
  return {
    goalId,
    handle,
    say(messageId: string, more: Partial<SendMessageInput> = {}): Promise<SendMessageResult> {
      const startWorkflowOperation = new WithStartWorkflowOperation<typeof conversationWorkflow>(
        'conversationWorkflow',
        {
          workflowId: goalId,
          taskQueue: bench.taskQueue,
          args: [conversation],
          workflowIdConflictPolicy: 'USE_EXISTING',
        },
      );
      const message = { text: fakeRef(messageId), author: 'ada', messageId, startsGoals: 'ask' as const, ...more };
      return bench.client.workflow.executeUpdateWithStart(sendMessageUpdate, {
        args: [message],
        updateId: message.messageId,
        startWorkflowOperation,
      });
    },
    end: () => handle().terminate('end of the test'),
  };
}
