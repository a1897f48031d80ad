/** Interceptors that tell, during a replay, with which arguments each activity is scheduled. Workflow side, replay only. */
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Where the replay collects what it hears. */
export interface ArgumentSinks extends Sinks {
  arguments: { scheduled(activity: { id: string; type: string; args: string }): void };
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        const { arguments: sink } = proxySinks<ArgumentSinks>();
        const id = input.options.activityId ?? String(input.seq);
        sink.scheduled({ id, type: input.activityType, args: JSON.stringify(input.args) });
        return next(input);
      },
    },
  ],
});
