/** Those who asked to be told of something. */

export class Listeners<Arguments extends readonly unknown[] = []> {
  readonly #callbacks = new Set<(...told: Arguments) => void>();

  get isEmpty(): boolean {
    return this.#callbacks.size === 0;
  }

  /** Returns how to end the calls. */
  add(callback: (...told: Arguments) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** Never throws. */
  tell(...told: Arguments): void {
    for (const callback of this.#callbacks) {
      try {
        callback(...told);
      } catch (error) {
        // One listener's trouble is neither the teller's nor another listener's.
        reportError(error);
      }
    }
  }
}
