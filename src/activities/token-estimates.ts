/** Tokens that a request will use, guessed before it is sent and learned from what was used. Host side. */
import type { Usage } from '../core/contracts/usage.ts';
import type { ClaudeRequest } from '../integrations/claude/client.ts';
import { sizeOf } from './context/request-size.ts';

/** Tokens that limits count. */
export interface TokenEstimate {
  /** Input that no cache serves. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface Learned {
  inputFactor: number;
  outputTokens: number;
}

/** What one answer weighs against all before it. */
const WEIGHT = 0.2;
const FIRST: Readonly<Learned> = { inputFactor: 1, outputTokens: 500 };

/** Estimates per model, learned while the process runs. */
export function createEstimates() {
  const known = new Map<string, Learned>();
  const of = (model: string): Readonly<Learned> => known.get(model) ?? FIRST;
  return {
    estimate(request: ClaudeRequest): TokenEstimate {
      const { inputFactor, outputTokens } = of(request.model);
      const inputTokens = Math.ceil(roughTokens(request) * inputFactor);
      return { inputTokens, outputTokens: Math.ceil(Math.min(request.max_tokens, outputTokens)) };
    },
    learn(request: ClaudeRequest, usage: Usage): void {
      const { inputFactor, outputTokens } = of(request.model);
      const factor = countedInput(usage) / Math.max(1, roughTokens(request));
      known.set(request.model, {
        inputFactor: Math.min(4, Math.max(0.02, inputFactor + WEIGHT * (factor - inputFactor))),
        outputTokens: outputTokens + WEIGHT * (usage.outputTokens - outputTokens),
      });
    },
  };
}

/** Input tokens that count against a limit: those read from a cache do not. */
export function countedInput(usage: Usage): number {
  return usage.inputTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/** There is no offline tokenizer that is right; this is near for prose and code in most languages. */
function roughTokens(request: ClaudeRequest): number {
  const { chars, bytes } = sizeOf(request);
  return Math.max(chars / 3, bytes / 3.2);
}
