/** Does something when asked, and no more often than so: what is asked for meanwhile is done once, when time is up. */

export class Throttle {
  readonly #everyMs: number;
  readonly #after: (ms: number, callback: () => void) => unknown;
  readonly #act: () => void;
  #state: 'free' | 'resting' | 'asked' = 'free';

  constructor(
    everyMs: number,
    after: (ms: number, callback: () => void) => unknown,
    act: () => void,
  ) {
    this.#everyMs = everyMs;
    this.#after = after;
    this.#act = act;
  }

  readonly ask = (): void => {
    if (this.#state !== 'free') {
      this.#state = 'asked';
      return;
    }
    this.#state = 'resting';
    this.#after(this.#everyMs, () => {
      const isAsked = this.#state === 'asked';
      this.#state = 'free';
      if (isAsked) this.ask();
    });
    this.#act();
  };
}
