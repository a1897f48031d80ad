/** What the server's refusals and silences have in common. Host side, pure. */
import { isGrpcServiceError } from '@temporalio/client';

/** Too much at once. */
export const RESOURCE_EXHAUSTED = 8;

/** The gRPC code of an error of the server or of the line to it, also where the SDK has wrapped it; else undefined. */
export function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
