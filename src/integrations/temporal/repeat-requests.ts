/** Which refused requests the client repeats by itself: as the SDK does, but for a workflow that is told too much at once. Host side. */
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

/** The server's words for ten updates of a workflow in flight. The SDK would wait for seconds; who sends looks again sooner. */
const CROWDED = /concurrent in-flight updates/;

const usual = defaultGrpcRetryOptions();

export const repeatRequests = makeGrpcRetryInterceptor({
  ...usual,
  retryableDecider: (attempt, status) => !CROWDED.test(status.details) && usual.retryableDecider(attempt, status),
});
