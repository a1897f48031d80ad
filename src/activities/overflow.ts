/** A prompt that was refused because the model's window does not hold it, told as an answer in which nothing was said. Activity side. */
import type Anthropic from '@anthropic-ai/sdk';
import { failureType } from '../core/failures.ts';
import type { Claude, ClaudeAnswer } from '../integrations/claude/client.ts';
import type { CallContext } from './context/call-context.ts';
import { sizeOf } from './context/request-size.ts';

/** Bytes that fit into every window, as no text has more tokens than bytes: what is below is refused for another reason. */
const SURELY_FITS = 100_000;

/**
 * The API refuses a prompt that is over the window as any malformed request, so its own count is held against its own
 * figure for the model: two requests that cost nothing. The answer ends the turn as a window that filled up while
 * answering does, so that the next turn goes on with a shortened conversation. Undefined when the error is another.
 */
export async function overflowAnswer(
  claude: Pick<Claude, 'countTokens' | 'windowTokens'>,
  { request, model }: Pick<CallContext, 'request' | 'model'>,
  { error, signal }: { error: unknown; signal: AbortSignal },
): Promise<ClaudeAnswer | undefined> {
  if (failureType(error) !== 'model.bad-request') return undefined;
  if (sizeOf(request).bytes < SURELY_FITS) return undefined;
  try {
    const [tokens, window] = await Promise.all([
      claude.countTokens(request, { signal }),
      claude.windowTokens(model, { signal }),
    ]);
    return window !== null && tokens > window ? { message: overflowMessage(model), requestId: null } : undefined;
  } catch {
    // The refusal itself says enough.
    return undefined;
  }
}

function overflowMessage(model: string): Anthropic.Message {
  return {
    ...{ id: 'msg_overflow', type: 'message', role: 'assistant', model, content: [], container: null },
    ...{ stop_reason: 'model_context_window_exceeded', stop_sequence: null, stop_details: null },
    usage: NOTHING_USED,
  } as unknown as Anthropic.Message;
}

const NOTHING_USED = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};
