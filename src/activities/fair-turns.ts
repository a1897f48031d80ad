/**
 * Which model call begins next: goal by goal in turn, and few of one goal while the process is busy. Activity side.
 *
 * What the event loop, the store's connections and the other processes of a busy machine have to do they do in the order in
 * which it comes. A goal of many calls would fill all these lines; kept back here it stands in none of them.
 */

/** Work by turns. */
export interface FairTurns {
  /**
   * Does `work` when it is `goalId`'s turn; `prepared`, called in it, lets the next one begin. Rejects with the signal's
   * reason when it is aborted before.
   */
  run<T>(goalId: string, signal: AbortSignal, work: (prepared: () => void) => Promise<T>): Promise<T>;
  /** Does other work of `goalId`, at once; it counts as under way. */
  atOnce<T>(goalId: string, work: () => Promise<T>): Promise<T>;
}

/** How turns are given. */
export interface FairTurnsOptions {
  /** Pieces of work that are prepared at once. */
  readonly width: number;
  /** Pieces of one goal's work that are under way at once while this process is busy with other goals too. */
  readonly share: number;
  /** And while it is busy with this goal alone: others that come do not find a long line before them. */
  readonly alone: number;
  /** Time since this process was busy; 0 while it is. */
  readonly calmMs: () => number;
}

/** Beside others, work counts as under way for so long at least for each goal at work, as if they took equal turns. */
const PER_GOAL_MS = 40;
/** Beside goals whose share is all they ask for, a process that was busy counts as busy for so long: their next steps come soon. */
const CALM_MS = 100;
/** A goal that had others beside it is taken to have them for so long: they are between two steps. */
const BESIDE_MS = 1_000;
/** So often what waits looks whether this process is still busy. */
const LOOK_EVERY_MS = 20;

/** Turns of one worker. Nothing in `work` may wait for another turn before it is prepared. */
export function createFairTurns(options: FairTurnsOptions): FairTurns {
  return new Turns(options);
}

class Turns implements FairTurns {
  readonly #options: FairTurnsOptions;
  /** What waits, by goal; the first goal that may is next and then goes to the end. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #underWay = new Map<string, number>();
  /** Pieces that may be prepared besides those that are. */
  #free: number;
  #timer: NodeJS.Timeout | undefined;
  /** When more than one goal was at work last, on the clock of `performance`. */
  #besideAt = Number.NEGATIVE_INFINITY;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
    this.#free = options.width;
  }

  async run<T>(goalId: string, signal: AbortSignal, work: (prepared: () => void) => Promise<T>): Promise<T> {
    await this.#enter(goalId, signal);
    const begunAt = performance.now();
    let preparing = true;
    const prepared = () => {
      if (!preparing) return;
      preparing = false;
      this.#free += 1;
      this.#letIn();
    };
    try {
      return await work(prepared);
    } finally {
      prepared();
      this.#endSoon(goalId, begunAt);
    }
  }

  async atOnce<T>(goalId: string, work: () => Promise<T>): Promise<T> {
    const begunAt = performance.now();
    this.#begin(goalId);
    try {
      return await work();
    } finally {
      this.#endSoon(goalId, begunAt);
    }
  }

  #enter(goalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const own = this.#waiting.get(goalId) ?? new Set();
    this.#waiting.set(goalId, own);
    this.#look(goalId);
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#leaveLine(goalId, own, begin);
        reject(signal.reason);
      };
      own.add(begin);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#letIn();
    });
  }

  #letIn(): void {
    clearTimeout(this.#timer);
    for (let begin = this.#next(); begin; begin = this.#next()) begin();
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#letIn(), LOOK_EVERY_MS).unref();
  }

  /** Takes the next one out of its line. */
  #next(): (() => void) | undefined {
    if (this.#free === 0 || this.#waiting.size === 0) return undefined;
    const most = this.#most();
    for (const [goalId, own] of this.#waiting) {
      if ((this.#underWay.get(goalId) ?? 0) >= most) continue;
      const [begin] = own;
      this.#waiting.delete(goalId);
      this.#waiting.set(goalId, own);
      if (begin) this.#leaveLine(goalId, own, begin);
      this.#begin(goalId);
      this.#free -= 1;
      return begin;
    }
    return undefined;
  }

  /** How many pieces of a goal's work may be under way now. */
  #most(): number {
    const { share, alone, calmMs } = this.#options;
    const forMs = calmMs();
    if (performance.now() - this.#besideAt > BESIDE_MS) return forMs === 0 ? alone : Infinity;
    if (forMs === 0) return share;
    const asksForLess = ([goalId, running]: [string, number]) => running <= share && !this.#waiting.has(goalId);
    return forMs <= CALM_MS && [...this.#underWay].some(asksForLess) ? share : Infinity;
  }

  #leaveLine(goalId: string, own: Set<() => void>, begin: () => void): void {
    own.delete(begin);
    if (own.size === 0 && this.#waiting.get(goalId) === own) this.#waiting.delete(goalId);
  }

  /** Notes whether others are at work beside this goal. */
  #look(goalId: string): void {
    const other = (id: string) => id !== goalId;
    if ([...this.#underWay.keys()].some(other) || [...this.#waiting.keys()].some(other)) {
      this.#besideAt = performance.now();
    }
  }

  #begin(goalId: string): void {
    this.#look(goalId);
    this.#underWay.set(goalId, (this.#underWay.get(goalId) ?? 0) + 1);
  }

  /** Beside others when it has counted for long enough. */
  #endSoon(goalId: string, begunAt: number): void {
    const goals = this.#underWay.size;
    const leftMs = goals > 1 ? begunAt + PER_GOAL_MS * goals - performance.now() : 0;
    if (leftMs > 0) setTimeout(() => this.#end(goalId), leftMs).unref();
    else this.#end(goalId);
  }

  #end(goalId: string): void {
    const rest = (this.#underWay.get(goalId) ?? 1) - 1;
    if (rest > 0) this.#underWay.set(goalId, rest);
    else this.#underWay.delete(goalId);
    this.#letIn();
  }
}
