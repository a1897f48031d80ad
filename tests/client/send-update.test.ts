import { type WorkflowHandle, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { defineUpdate } from '@temporalio/workflow';
import { sendUpdate } from '../../src/client/send-update.ts';

const definition = defineUpdate<string, [string]>('told');

/** A workflow that answers an update with this. */
const answering = (answer: () => Promise<string>) => ({ executeUpdate: answer }) as unknown as WorkflowHandle;
const failing = (error: Error) => answering(() => Promise.reject(error));

describe('an update', () => {
  it('answered → the answer', async () => {
    const handle = answering(() => Promise.resolve('yes'));
    await expect(sendUpdate(handle, definition, ['x'])).resolves.toBe('yes');
  });

  it.each<[string, Error]>([
    ['the workflow is not there', new WorkflowNotFoundError('none', 'w', undefined)],
    [
      'it ended before it answered',
      new WorkflowUpdateFailedError(
        'failed',
        ApplicationFailure.nonRetryable('completed before the Update completed', 'AcceptedUpdateCompletedWorkflow'),
      ),
    ],
  ])('%s → gone', async (_case, error) => {
    await expect(sendUpdate(failing(error), definition, ['x'])).resolves.toBe('gone');
  });

  const notLookedAt = new WorkflowUpdateFailedError(
    'failed',
    ApplicationFailure.nonRetryable("it wasn't processed by worker", 'UnprocessedUpdate'),
  );

  it('given to a worker that did not look at it → sent again under the same id, and answered', async () => {
    const ids: unknown[] = [];
    const executeUpdate = (_definition: unknown, { updateId }: { updateId: string }) => {
      ids.push(updateId);
      return ids.length < 3 ? Promise.reject(notLookedAt) : Promise.resolve('yes');
    };
    const handle = { executeUpdate } as unknown as WorkflowHandle;
    await expect(sendUpdate(handle, definition, ['x'])).resolves.toBe('yes');
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
  });

  it('never looked at → said so after some tries', async () => {
    const told = sendUpdate(failing(notLookedAt), definition, ['x']);
    await expect(told).rejects.toMatchObject({
      code: 'temporal.unavailable',
      message: expect.stringContaining('nothing was done'),
    });
  });

  it('refused → the refusal as it is', async () => {
    const refusal = ApplicationFailure.nonRetryable('the goal is ending', 'goal.closed');
    const error = new WorkflowUpdateFailedError('failed', refusal);
    await expect(sendUpdate(failing(error), definition, ['x'])).rejects.toBe(refusal);
  });
});
