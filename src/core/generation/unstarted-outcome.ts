/** How a request ends that no model has worked on. */
import type { EngineOutcome } from '../../contracts/engine.ts';
import type { Failure } from '../../contracts/failure.ts';

/** An outcome without text, counts or times. */
export function unstartedOutcome(
  finishReason: 'cancelled' | 'error',
  cause: Failure | null,
): EngineOutcome {
  return {
    text: '',
    finishReason,
    failure: cause,
    seed: null,
    tokens: { prompt: 0, promptCached: 0, generated: 0 },
    guard: { on: false, refusedTokens: 0, cutBack: false },
    tokenizedMs: null,
    prefilledMs: null,
    firstTokenMs: null,
    lastTokenMs: null,
    finishedMs: 0,
    tokenGapsMs: [],
    engine: null,
  };
}
