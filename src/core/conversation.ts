/** Conversations with the manager as people see them. Types only. */

/** A conversation in a list. Times are ISO 8601 in UTC. */
export interface ConversationSummary {
  readonly conversationId: string;
  /** The first line of the first message; empty before it. */
  readonly title: string;
  readonly simulated: boolean;
  readonly createdAt: string;
  /** Of the last event. */
  readonly lastAt: string;
  readonly messages: number;
  readonly costMicroUsd: number;
}
