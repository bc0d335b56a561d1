/** One request in the making: its text, its counts and its times, whatever happens to it. */
import type { EngineOutcome, TokenEvent } from '../contracts/engine.ts';
import { failure, type Failure } from '../contracts/failure.ts';
import type {
  EngineDescription,
  FinishReason,
  GenerationRequest,
  GuardReport,
} from '../contracts/generation.ts';
import { TokenEvents } from './token-events.ts';

const GUARD_OFF: GuardReport = { on: false, refusedTokens: 0, cutBack: false };

export class GenerationRun {
  readonly request: GenerationRequest;
  readonly #description: EngineDescription;
  readonly #startedAtMs: number;
  readonly #events: TokenEvents;
  readonly #gapsMs: number[] = [];
  #text = '';
  #seed: number | null = null;
  #promptTokens = 0;
  #reusedTokens = 0;
  #generated = 0;
  #tokenizedMs: number | null = null;
  #prefilledMs: number | null = null;
  #firstTokenMs: number | null = null;
  #lastTokenMs: number | null = null;
  #guard: GuardReport = GUARD_OFF;

  /** @param startedAtMs `performance.now()` when the call arrived; every time in the outcome counts from it. */
  constructor(
    request: GenerationRequest,
    description: EngineDescription,
    onToken: (event: TokenEvent) => void,
    startedAtMs: number,
  ) {
    this.request = request;
    this.#description = description;
    this.#startedAtMs = startedAtMs;
    this.#events = new TokenEvents(request.id, onToken);
  }

  get generated(): number {
    return this.#generated;
  }

  tokenized(promptTokens: number): void {
    this.#promptTokens = promptTokens;
    this.#tokenizedMs = this.#now();
  }

  reused(tokens: number): void {
    this.#reusedTokens = tokens;
  }

  prefilled(): void {
    this.#prefilledMs = this.#now();
  }

  /** Milliseconds since the prompt was read. */
  decodeMs(): number {
    return this.#now() - (this.#prefilledMs ?? 0);
  }

  /** The request's seed, or one by chance; the outcome says which. */
  chooseSeed(): number {
    this.#seed =
      this.request.parameters.seed ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number);
    return this.#seed;
  }

  /** Counts a token and writes the text that it made certain. */
  token(text: string): void {
    const nowMs = this.#now();
    if (this.#lastTokenMs !== null) this.#gapsMs.push(nowMs - this.#lastTokenMs);
    this.#firstTokenMs ??= nowMs;
    this.#lastTokenMs = nowMs;
    this.#generated += 1;
    this.write(text);
  }

  write(text: string): void {
    this.#text += text;
    this.#events.push(text, this.#generated, this.#prefilledMs === null ? 0 : this.decodeMs());
  }

  /** What the guard did; without it the outcome says that it was off. */
  guarded(report: GuardReport): void {
    this.#guard = report;
  }

  /** Takes back text that has been written already. */
  replaceText(text: string): void {
    this.#text = text;
  }

  end(finishReason: FinishReason, cause: Failure | null = null): EngineOutcome {
    this.#events.flush();
    return {
      text: this.#text.trimEnd(),
      finishReason,
      failure: cause,
      seed: this.#seed,
      tokens: {
        prompt: this.#promptTokens,
        promptCached: this.#reusedTokens,
        generated: this.#generated,
      },
      guard: this.#guard,
      tokenizedMs: this.#tokenizedMs,
      prefilledMs: this.#prefilledMs,
      firstTokenMs: this.#firstTokenMs,
      lastTokenMs: this.#lastTokenMs,
      finishedMs: this.#now(),
      tokenGapsMs: this.#gapsMs,
      engine: this.#description,
    };
  }

  #now(): number {
    return performance.now() - this.#startedAtMs;
  }
}

/** Why a request ended whose signal was aborted. */
export function abortReason(signal: AbortSignal): FinishReason {
  return signal.reason === 'timeout' ? 'timeout' : 'cancelled';
}

/** The refusal of a prompt that leaves no room for a token; both lengths are in tokens. */
export function promptTooLong(promptTokens: number, contextTokens: number): Failure {
  return failure(
    'request/prompt-too-long',
    `The request has ${promptTokens} tokens; the model can read ${contextTokens - 1}.`,
    { promptTokens, contextTokens },
  );
}
