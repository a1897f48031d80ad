/** What the server's refusals and silences have in common. Host side, pure. */
import { isGrpcServiceError } from '@temporalio/client';

/** Too much at once. */
export const RESOURCE_EXHAUSTED = 8;

/** The gRPC code of an error of the server or of the line to it, also where the SDK has wrapped it; else undefined. */
export function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}

/** CANCELLED and DEADLINE_EXCEEDED. */
const TOO_LATE = new Set([1, 4]);

/** Whether the deadline passed before there was an answer. When the server sees that first, it says that the call is cancelled. */
export function wasTooLate(error: unknown): boolean {
  return TOO_LATE.has(grpcCode(error) ?? -1);
}
