/** The door by which an edit reaches the graph that runs. Workflow side, types only. */

/** What the graph's runner lets an edit do. */
export interface EditDoor {
  /** True while the manager replans. */
  readonly replanning: boolean;
  /** True while an edit is applied: nothing starts, and nothing that has not started ends. */
  readonly editing: boolean;
  /** Runs `work` when no other edit is applied. Refuses with `control.busy` and `goal.closed`. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}
