/**
 * Which model call begins next: goal by goal in turn, a few of one at a time, and no more of one goal while the process is busy. Activity side.
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
  /** How long its event loop has been at work in all. */
  readonly activeMs: () => number;
}

/** How long a piece keeps the loop at work, until that is known from as many pieces. */
const FIRST_PIECE_MS = 8;
const MEASURED_PIECES = 50;
/** More is a loop that stood still. */
const MAX_PIECE_MS = 50;
/** A round of turns takes this much longer than the loop is at work for it: other processes have their part in it. */
const ROUND = 1.25;
/** Beside goals whose share is all they ask for, a process that was busy counts as busy for so long: their next steps come soon. */
const CALM_MS = 100;
/** A goal counts as at work for so long after a piece began or ended: it is between two steps, or waits for an answer. */
const AT_WORK_MS = 300;
/** So often what waits looks whether this process is still busy. */
const LOOK_EVERY_MS = 20;

/** Turns of one worker. Nothing in `work` may wait for another turn before it is prepared. */
export function createFairTurns(options: FairTurnsOptions): FairTurns {
  return new Turns(options);
}

const NOBODYS_TURN = { goalId: '', begun: 0 };

class Turns implements FairTurns {
  readonly #options: FairTurnsOptions;
  /** What waits, by goal; the first goal that may is next, and goes to the end after its turn. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #underWay = new Map<string, number>();
  /** Pieces that may be prepared besides those that are. */
  #free: number;
  #timer: NodeJS.Timeout | undefined;
  /** The goal whose turn it is, and how many of its pieces began in it. */
  #turn = NOBODYS_TURN;
  /** When goals were seen at work, on the clock of `performance`, the one seen last at the end. */
  readonly #seenAt = new Map<string, number>();
  #pieceMs = FIRST_PIECE_MS;
  #ended = 0;
  #activeBefore: number;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
    this.#free = options.width;
    this.#activeBefore = options.activeMs();
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
    this.#see(goalId);
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

  /** Takes the next one out of its line. What begins together ends together, and costs its workflow one task: a turn is a share. */
  #next(): (() => void) | undefined {
    if (this.#free === 0 || this.#waiting.size === 0) return undefined;
    const most = this.#most();
    for (const [goalId, own] of this.#waiting) {
      if ((this.#underWay.get(goalId) ?? 0) >= most) continue;
      const [begin] = own;
      this.#takeTurn(goalId);
      if (begin) this.#leaveLine(goalId, own, begin);
      this.#begin(goalId);
      this.#free -= 1;
      return begin;
    }
    return undefined;
  }

  /** A turn ends with the share, or when another goal goes before. */
  #takeTurn(goalId: string): void {
    const before = this.#turn;
    const begun = before.goalId === goalId ? before.begun + 1 : 1;
    if (before.goalId !== goalId) this.#putLast(before.goalId);
    if (begun === this.#options.share) this.#putLast(goalId);
    this.#turn = begun === this.#options.share ? NOBODYS_TURN : { goalId, begun };
  }

  #putLast(goalId: string): void {
    const own = this.#waiting.get(goalId);
    if (!own) return;
    this.#waiting.delete(goalId);
    this.#waiting.set(goalId, own);
  }

  /** How many pieces of a goal's work may be under way now. */
  #most(): number {
    const { share, alone, calmMs } = this.#options;
    const forMs = calmMs();
    if (forMs > CALM_MS) return Infinity;
    const goals = this.#atWork();
    if (goals.size <= 1) return forMs === 0 ? alone : Infinity;
    if (forMs === 0) return share;
    const asksForLess = (id: string) => (this.#underWay.get(id) ?? 0) <= share && !this.#waiting.has(id);
    return [...goals.keys()].some(asksForLess) ? share : Infinity;
  }

  #leaveLine(goalId: string, own: Set<() => void>, begin: () => void): void {
    own.delete(begin);
    if (own.size === 0 && this.#waiting.get(goalId) === own) this.#waiting.delete(goalId);
  }

  #see(goalId: string): void {
    this.#seenAt.delete(goalId);
    this.#seenAt.set(goalId, performance.now());
  }

  /** Goals that keep this process at work, or did a moment ago. */
  #atWork(): ReadonlyMap<string, number> {
    const since = performance.now() - AT_WORK_MS;
    for (const [goalId, at] of this.#seenAt) {
      if (at >= since) break;
      if (this.#waiting.has(goalId)) this.#see(goalId);
      else this.#seenAt.delete(goalId);
    }
    return this.#seenAt;
  }

  #begin(goalId: string): void {
    this.#see(goalId);
    this.#underWay.set(goalId, (this.#underWay.get(goalId) ?? 0) + 1);
  }

  /** Beside others a goal that asks for more than its share has what it began count until a round of turns is over. */
  #endSoon(goalId: string, begunAt: number): void {
    this.#measure();
    this.#see(goalId);
    const { share } = this.#options;
    const goals = this.#atWork().size;
    const many = (this.#waiting.get(goalId)?.size ?? 0) > share;
    const roundMs = many && goals > 1 ? ROUND * goals * share * this.#pieceMs : 0;
    const leftMs = begunAt + roundMs - performance.now();
    if (leftMs > 0) setTimeout(() => this.#end(goalId), leftMs).unref();
    else this.#end(goalId);
  }

  /** Learns how long a piece keeps the loop at work. */
  #measure(): void {
    this.#ended += 1;
    if (this.#ended < MEASURED_PIECES) return;
    const now = this.#options.activeMs();
    this.#pieceMs = Math.min(MAX_PIECE_MS, (now - this.#activeBefore) / this.#ended);
    this.#activeBefore = now;
    this.#ended = 0;
  }

  #end(goalId: string): void {
    const rest = (this.#underWay.get(goalId) ?? 1) - 1;
    if (rest > 0) this.#underWay.set(goalId, rest);
    else this.#underWay.delete(goalId);
    this.#letIn();
  }
}
