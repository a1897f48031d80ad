/** The scope that one task runs in, so that it can be cancelled alone. Workflow side. */
import { CancellationScope } from '@temporalio/workflow';

/** A scope that needs no promise of its own around what runs in it, as it has no time-out: each one costs its worker time. */
export class TaskScope extends CancellationScope {
  protected override runInContext<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}
