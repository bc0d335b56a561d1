/** A sender that is fetched when somebody has switched it on, and how it stands. */
import type { SendStatus } from '../monitor/send-attempts.ts';

export interface Sender {
  start(): void;
  stop(): void;
  flush?(): void;
}

export class LoadedSender {
  #status = $state.raw<SendStatus | null>(null);
  #sender: Sender | null = null;
  /** Goes up with each change: what was being loaded before it is not started. */
  #turn = 0;

  /** null until this page has sent something, or tried to. */
  get status(): SendStatus | null {
    return this.#status;
  }

  stop(): void {
    this.#turn += 1;
    this.#sender?.stop();
    this.#sender = null;
    this.#status = null;
  }

  flush(): void {
    this.#sender?.flush?.();
  }

  /** Ends the one before it. Never rejects. */
  async replace(load: (onStatus: (status: SendStatus) => void) => Promise<Sender>): Promise<void> {
    this.stop();
    const turn = this.#turn;
    try {
      const sender = await load((status) => {
        if (turn === this.#turn) this.#status = status;
      });
      if (turn !== this.#turn) return;
      this.#sender = sender;
      sender.start();
    } catch {
      // Offline without this part of the app: the next page load tries again.
    }
  }
}
