/** Why a script ended before the model was done with it, in a sentence or two. */
import type { GenerationRecord } from '../../contracts/generation.ts';

/** null where it ended by itself, or failed. */
export function describeEarlyEnd({
  finishReason,
  tokens,
  parameters,
}: Pick<GenerationRecord, 'finishReason' | 'tokens' | 'parameters'>): string | null {
  switch (finishReason) {
    case 'length':
      return tokens.generated < parameters.max_tokens
        ? 'Stopped: the model’s context is full, which request and script share. A shorter request leaves more room.'
        : `Stopped at max_tokens, ${parameters.max_tokens}. Raise it under Parameters for a longer script.`;
    case 'timeout':
      return 'Stopped by the time limit, timeout_ms. What was written until then is here.';
    case 'cancelled':
      return tokens.generated === 0
        ? 'Stopped before the first token.'
        : 'Stopped. What was written until then is here.';
    default:
      return null;
  }
}
