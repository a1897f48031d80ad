/** The state of one conversation: what waits, what was taken before, the numbers to come. Workflow side. */
import type { ConversationInput, ConversationItem } from '../../core/contracts/conversation.ts';
import { MAX_REMEMBERED } from '../../core/contracts/conversation.ts';
import { Approvals } from '../goal/approvals.ts';
import { LocalLane } from '../goal/local-lane.ts';
import { Outbox } from '../goal/outbox.ts';

/** A message that is being answered. */
export type Message = ConversationItem & { readonly kind: 'message' };

/** One conversation. The item at the head of the queue is being dealt with. */
export interface Chat {
  readonly input: ConversationInput;
  readonly queue: ConversationItem[];
  /** Messages by the id that the client gave them, oldest first. */
  readonly known: Map<string, number>;
  readonly outbox: Outbox;
  /** Where all local activities run, one at a time. */
  readonly lane: LocalLane;
  /** What people are asked before a goal is started. */
  readonly approvals: Approvals;
  nextNumber: number;
}

/** The state that `input` asks for. */
export function newChat(input: ConversationInput): Chat {
  const { goalId, tenant, next, carried } = input;
  const lane = new LocalLane();
  const outbox = new Outbox({ goalId, tenant, nextNumber: next.event, lane });
  const watch = { emit: outbox.emit.bind(outbox), interrupted: () => false, changed: () => {} };
  return {
    input,
    queue: [...(carried?.queue ?? [])],
    known: new Map(carried?.known),
    outbox,
    lane,
    approvals: new Approvals(watch, { tools: carried?.allowed ?? [] }),
    nextNumber: next.message,
  };
}

/** The input of the next run. Call it when nothing is being dealt with: then no person is asked anything either. */
export function carryChat({ input, queue, known, outbox, approvals, nextNumber }: Chat): ConversationInput {
  return {
    ...input,
    next: { message: nextNumber, event: outbox.nextNumber },
    carried: { queue, known: [...known].slice(-MAX_REMEMBERED), allowed: approvals.carry().tools },
  };
}
