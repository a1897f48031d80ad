/** The journal of fakes: a lost answer, as a late heartbeat makes it, is given again and not made again. Tests only. */
import { Context } from '@temporalio/activity';

/** Remembers answers by input and the activity that was scheduled: two schedulings are two calls, two attempts are one. */
export function recorded<Input, Result>(
  activity: (input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  const answers = new Map<string, Result>();
  return async (input) => {
    const { activityId, workflowExecution } = Context.current().info;
    const key = `${workflowExecution?.runId}/${activityId}/${JSON.stringify(input)}`;
    if (answers.has(key)) return answers.get(key) as Result;
    const answer = await activity(input);
    answers.set(key, answer);
    return answer;
  };
}
