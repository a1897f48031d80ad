/** What the simulator was asked and what it answered: a bounded list with exact counters. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Usage } from '../core/contracts/usage.ts';
import type { Purpose } from './parse-prompt.ts';

/**
 * How a request ended: `sent` in full · `error` status · `faulted` by script · `aborted` by the client ·
 * `script-error` (the brain threw).
 */
export type Outcome = 'pending' | 'sent' | 'error' | 'faulted' | 'aborted' | 'script-error';

/** One request to `/v1/messages` or one of a batch. */
export interface RequestEntry {
  readonly id: string;
  /** Header `idempotency-key` (a batch: `custom_id`); empty when absent. */
  readonly key: string;
  readonly attempt: number;
  /** Epoch ms of its arrival. */
  readonly at: number;
  readonly batch: boolean;
  purpose: Purpose;
  model: string;
  /** HTTP status; 0 while pending or when nothing was sent. */
  status: number;
  outcome: Outcome;
  /** What the answer is worth, whether or not it arrived; absent on errors. */
  usage?: Usage;
  durationMs?: number;
}

/** Tokens of the fully sent responses of one key and model: what a pricing function needs. */
export interface BillLine {
  readonly key: string;
  readonly model: string;
  readonly responses: number;
  readonly batch: boolean;
  readonly usage: Usage;
}

/** Read side. */
export interface RequestLog {
  /** The last requests, oldest first; as many as the capacity says. */
  list(): readonly RequestEntry[];
  /** Exact number of requests per key since the start (or the last `reset`). */
  countByKey(): Map<string, number>;
  countByPurpose(): Map<Purpose, number>;
  countByOutcome(): Map<Outcome, number>;
  /** One line per key and model. A fully sent response is one whose last byte left the server. */
  bill(): readonly BillLine[];
  readonly total: number;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Forgets everything but the requests in flight. */
  reset(): void;
}

/** Write side. */
export interface RequestRecorder extends RequestLog {
  open(facts: Pick<RequestEntry, 'id' | 'key' | 'batch'>): RequestEntry;
  close(entry: RequestEntry, outcome: Outcome): void;
}

/** The API's usage as the project counts it. */
export function usageOf(usage: Anthropic.Usage): Usage {
  const cacheWrite = usage.cache_creation_input_tokens ?? 0;
  const write1h = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWrite5mTokens: cacheWrite - write1h,
    cacheWrite1hTokens: write1h,
    webSearches: usage.server_tool_use?.web_search_requests ?? 0,
  };
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
    webSearches: a.webSearches + b.webSearches,
  };
}

const increment = <K>(map: Map<K, number>, key: K): number => {
  const count = (map.get(key) ?? 0) + 1;
  map.set(key, count);
  return count;
};

function addToBill(bill: Map<string, BillLine>, entry: RequestEntry): void {
  if (!entry.usage) return;
  const { key, model, batch } = entry;
  const id = JSON.stringify([key, model, batch]);
  const line = bill.get(id);
  bill.set(id, {
    key,
    model,
    batch,
    responses: (line?.responses ?? 0) + 1,
    usage: line ? addUsage(line.usage, entry.usage) : entry.usage,
  });
}

interface Counters {
  readonly keys: Map<string, number>;
  readonly purposes: Map<Purpose, number>;
  readonly outcomes: Map<Outcome, number>;
  readonly bill: Map<string, BillLine>;
}

function countEnd({ purposes, outcomes, bill }: Counters, entry: RequestEntry): void {
  increment(outcomes, entry.outcome);
  increment(purposes, entry.purpose);
  if (entry.outcome === 'sent') addToBill(bill, entry);
}

/** An empty log that keeps the last `capacity` entries; counters and bill are exact whatever falls out. */
export function createRequestLog(capacity: number, now: () => number): RequestRecorder {
  const counters: Counters = { keys: new Map(), purposes: new Map(), outcomes: new Map(), bill: new Map() };
  let entries: RequestEntry[] = [];
  let total = 0;
  let inFlight = 0;
  let peakInFlight = 0;

  return {
    open({ id, key, batch }) {
      const attempt = increment(counters.keys, key);
      const entry: RequestEntry = {
        ...{ id, key, batch, attempt, at: now() },
        ...{ purpose: 'other', model: '', status: 0, outcome: 'pending' },
      };
      entries.push(entry);
      if (entries.length > capacity * 2) entries = entries.slice(-capacity);
      total += 1;
      inFlight += 1;
      peakInFlight = Math.max(peakInFlight, inFlight);
      return entry;
    },
    close(entry, outcome) {
      if (entry.outcome !== 'pending') return;
      entry.outcome = outcome;
      entry.durationMs = now() - entry.at;
      inFlight -= 1;
      countEnd(counters, entry);
    },
    list: () => entries.slice(-capacity),
    countByKey: () => new Map(counters.keys),
    countByPurpose: () => new Map(counters.purposes),
    countByOutcome: () => new Map(counters.outcomes),
    bill: () => [...counters.bill.values()],
    get total() {
      return total;
    },
    get inFlight() {
      return inFlight;
    },
    get peakInFlight() {
      return peakInFlight;
    },
    reset() {
      entries = entries.filter((entry) => entry.outcome === 'pending');
      for (const counter of Object.values(counters)) counter.clear();
      total = 0;
      peakInFlight = inFlight;
    },
  };
}
