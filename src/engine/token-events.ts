/** Gathers text as it is written, so that a fast model does not send a message to the page for every token. */
import type { TokenEvent } from '../contracts/engine.ts';

/** Two frames at 60 Hz: faster than anyone reads. */
const MIN_INTERVAL_MS = 32;

export class TokenEvents {
  readonly #requestId: string;
  readonly #send: (event: TokenEvent) => void;
  #pending: TokenEvent | null = null;
  #sentAtMs = -Infinity;

  constructor(requestId: string, send: (event: TokenEvent) => void) {
    this.#requestId = requestId;
    this.#send = send;
  }

  /** Sends at once if the last message is long enough ago, else with a later one. */
  push(text: string, generatedTokens: number, elapsedMs: number): void {
    this.#pending = {
      requestId: this.#requestId,
      text: (this.#pending?.text ?? '') + text,
      generatedTokens,
      elapsedMs,
    };
    if (performance.now() - this.#sentAtMs >= MIN_INTERVAL_MS) this.flush();
  }

  flush(): void {
    if (this.#pending === null) return;
    this.#send(this.#pending);
    this.#pending = null;
    this.#sentAtMs = performance.now();
  }
}
