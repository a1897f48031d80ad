/** What the parts of `orchestrator chat` share. Pure. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { CommandContext } from '../context.ts';
import { typed } from '../view/typed.ts';

/** One conversation as it is held here. */
export interface ChatSession {
  readonly context: CommandContext;
  readonly client: OrchestratorClient;
  readonly conversationId: string;
  readonly startsGoals: 'ask' | 'allow' | 'deny';
}

/** How to come back. */
export function goOnHint({ context, conversationId }: ChatSession): string {
  return `Go on with \`${typed(`chat --continue ${conversationId}`, context.globals)}\`.`;
}
