/** Work items that people decide: asked once, decided once, reminded of, expired as their terms say. Workflow side. */
import { condition } from '@temporalio/workflow';
import type {
  ApprovalKind,
  ApprovalRequest,
  ApprovalTerms,
  CarriedApproval,
  DecideInput,
  DecideResult,
  Decision,
} from '../../core/contracts/approvals.ts';
import { failure } from '../../core/failures.ts';
import type { Outbox } from './outbox.ts';

/** For goals that were opened without terms of their own. */
export const APPROVAL_TERMS: ApprovalTerms = { onExpiry: 'deny', expiresAfterMs: 7 * 86_400_000 };

/** The goal as its items see it: where they announce, what ends waiting without a decision, who is told that some opened or closed. */
export interface ApprovalWatch {
  emit: Outbox['emit'];
  interrupted(): boolean;
  changed(): void;
}

interface Item {
  readonly request: ApprovalRequest;
  readonly terms: ApprovalTerms;
  readonly askedAtMs: number;
  reminded: boolean;
  escalated: boolean;
  decision?: Decision;
}

/** Verdicts of items that were acted on, remembered in one run for those who come late; later the store has them. */
const MAX_REMEMBERED = 200;

/** The items of one goal. */
export class Approvals {
  readonly #watch: ApprovalWatch;
  readonly #items = new Map<string, Item>();
  readonly #past = new Map<string, Decision>();
  /** Tools that a person allowed for the whole goal. */
  readonly #allowedTools: Set<string>;

  constructor(watch: ApprovalWatch, carried: { items?: readonly CarriedApproval[]; tools?: readonly string[] } = {}) {
    this.#watch = watch;
    this.#allowedTools = new Set(carried.tools);
    for (const item of carried.items ?? []) this.#items.set(item.request.itemId, { ...item });
  }

  /** Items that wait for a decision, in the order in which they were asked. */
  get open(): readonly ApprovalRequest[] {
    return [...this.#items.values()].filter((item) => !item.decision).map((item) => item.request);
  }

  /** Whether somebody allowed this tool for the whole goal. */
  isAllowed(tool: string): boolean {
    return this.#allowedTools.has(tool);
  }

  /**
   * Waits for the decision on `request`; undefined when `interrupted` (default: the goal continues as new). An item that
   * was asked before under the same id is not announced again; one whose hash has changed is asked anew.
   */
  async ask(
    request: ApprovalRequest,
    terms: ApprovalTerms,
    interrupted = () => this.#watch.interrupted(),
  ): Promise<Decision | undefined> {
    const item = this.#open(request, terms);
    while (!item.decision && !interrupted()) await this.#wait(item, interrupted);
    return item.decision;
  }

  /** What `ask` decided has been acted on, or the item is not wanted any more: it need not be carried. */
  forget(itemId: string): void {
    const item = this.#items.get(itemId);
    if (!item) return;
    this.#items.delete(itemId);
    if (item.decision) {
      this.#remember(itemId, item.decision);
      return;
    }
    this.#watch.emit('approval-withdrawn', { itemId }, item.request.taskId);
    this.#watch.changed();
  }

  /** Whether there is a verdict that has not been forgotten. */
  isDecided(itemId: string): boolean {
    return this.#items.get(itemId)?.decision !== undefined;
  }

  /** Decided items of the kind need not be carried any more. */
  forgetDecided(kind: ApprovalKind): void {
    for (const [itemId, { request, decision }] of this.#items)
      if (decision && request.kind === kind) this.forget(itemId);
  }

  /** Refuses what can be no decision of an item of this goal. Throws `approval.unknown` and `approval.stale`. */
  check({ itemId, hash }: DecideInput): void {
    const item = this.#items.get(itemId);
    if (!item && this.#past.has(itemId)) return;
    if (!item) throw failure('approval.unknown', `nothing waits under ${itemId.slice(0, 80)}`);
    if (!item.decision && item.request.hash !== hash)
      throw failure('approval.stale', 'what is to be approved is not what you saw; look at it again');
  }

  /** The first verdict holds; later ones are told which. */
  decide({ itemId, verdict, author, scope = 'once', note }: DecideInput): DecideResult {
    const item = this.#items.get(itemId);
    const past = this.#past.get(itemId);
    if (!item && past) return answerOf(past, false);
    if (!item) throw failure('approval.unknown', `nothing waits under ${itemId.slice(0, 80)}`);
    const applied = item.decision === undefined;
    const own: Decision = { verdict, by: author, atMs: Date.now(), scope, ...(note ? { note } : {}) };
    return answerOf(item.decision ?? this.#settle(item, own), applied);
  }

  /** For the next run of the workflow. */
  carry(): { items: readonly CarriedApproval[]; tools: readonly string[] } {
    return { items: [...this.#items.values()].map((item) => ({ ...item })), tools: [...this.#allowedTools] };
  }

  #open(request: ApprovalRequest, terms: ApprovalTerms): Item {
    const known = this.#items.get(request.itemId);
    if (known?.request.hash === request.hash) {
      this.#watch.changed();
      return known;
    }
    if (known) this.forget(request.itemId);
    this.#past.delete(request.itemId);
    const item: Item = { request, terms, askedAtMs: Date.now(), reminded: false, escalated: false };
    this.#items.set(request.itemId, item);
    const { taskId, revision = null, turn = null, index = null, tool = null, budget, ...facts } = request;
    const { onExpiry, expiresAfterMs } = terms;
    const expiresAtMs = expiresAfterMs === undefined ? null : item.askedAtMs + expiresAfterMs;
    const where = { revision, turn, index, tool };
    this.#watch.emit('approval-request', { ...facts, ...where, ...budget, onExpiry, expiresAtMs }, taskId);
    this.#watch.changed();
    return item;
  }

  #remember(itemId: string, decision: Decision): void {
    this.#past.set(itemId, decision);
    const [oldest] = this.#past.keys();
    if (this.#past.size > MAX_REMEMBERED && oldest !== undefined) this.#past.delete(oldest);
  }

  /** Until the item is decided, or the next thing that time brings about. */
  async #wait(item: Item, interrupted: () => boolean): Promise<void> {
    const { remindAfterMs, expiresAfterMs } = item.terms;
    const remind = item.reminded ? undefined : remindAfterMs;
    const expire = item.escalated || item.terms.onExpiry === 'wait' ? undefined : expiresAfterMs;
    const nextMs = Math.min(remind ?? Number.POSITIVE_INFINITY, expire ?? Number.POSITIVE_INFINITY);
    const over = () => item.decision !== undefined || interrupted();
    if (nextMs === Number.POSITIVE_INFINITY) return condition(over);
    if (await condition(over, Math.max(1, item.askedAtMs + nextMs - Date.now()))) return;
    if (nextMs === expire) this.#expire(item);
    else this.#remind(item);
  }

  #remind(item: Item): void {
    item.reminded = true;
    this.#watch.emit('approval-reminder', { itemId: item.request.itemId }, item.request.taskId);
  }

  #expire(item: Item): void {
    if (item.terms.onExpiry === 'escalate') {
      item.escalated = true;
      this.#watch.emit('approval-escalated', { itemId: item.request.itemId }, item.request.taskId);
      return;
    }
    this.#settle(item, { verdict: 'deny', by: 'expiry', atMs: Date.now(), scope: 'once' });
  }

  #settle(item: Item, decision: Decision): Decision {
    item.decision = decision;
    const { itemId, taskId, tool } = item.request;
    const { verdict, by, scope, note } = decision;
    if (verdict === 'approve' && scope === 'goal' && tool !== undefined) this.#allowedTools.add(tool);
    this.#watch.emit('approval-decided', { itemId, verdict, by, scope, ...(note ? { note: note.hash } : {}) }, taskId);
    this.#watch.changed();
    return decision;
  }
}

function answerOf({ note: _note, ...decision }: Decision, applied: boolean): DecideResult {
  return { applied, ...decision };
}
