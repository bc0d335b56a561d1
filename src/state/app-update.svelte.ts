/** A newer version of the page that waits to be used: it asks, and never reloads by itself. */
export class AppUpdate {
  #apply = $state.raw<(() => void) | null>(null);

  get isReady(): boolean {
    return this.#apply !== null;
  }

  /** Hook for the service worker's registration; `apply` switches over and reloads the page. */
  readonly onUpdateReady = (apply: () => void): void => {
    this.#apply = apply;
  };

  apply(): void {
    this.#apply?.();
  }

  /** Until the next visit. */
  postpone(): void {
    this.#apply = null;
  }
}
