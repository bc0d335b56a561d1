/** Tells the site's other tabs that something stored has changed. It carries no data: they read it from the store. */

export class BroadcastNotifier {
  readonly #channel: BroadcastChannel;

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
  }

  notify(): void {
    this.#channel.postMessage(null);
  }

  /** Calls back for changes of other tabs, not for this one's. */
  onNotified(callback: () => void): void {
    this.#channel.addEventListener('message', () => callback());
  }
}
