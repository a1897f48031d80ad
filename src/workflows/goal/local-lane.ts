/** Local activities of one goal, one at a time: of two at once a replay may end the other one first. Workflow side. */

/** A queue of one. */
export class LocalLane {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins `work` when what was given before has ended, in the cancellation scope of the caller. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const ended = this.#last.then(work);
    this.#last = ended.catch(() => undefined);
    return ended;
  }
}
