/** Questions to one tab, as many as there are, over one port: each is a message there and one back. */
import type {
  EndpointCall,
  EndpointNews,
  TabAnswer,
  TabQuestion,
} from '../../contracts/endpoint.ts';

type Ask = Extract<EndpointCall, { readonly kind: 'ask' }>;

export interface LineOptions {
  readonly port: MessagePort;
  /** Held by the tab for as long as it lives. */
  readonly lock: string;
  /** No other tab answered better when the line was opened. */
  readonly isBest: boolean;
}

export class TabLine {
  readonly isBest: boolean;
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (answer: TabAnswer | null) => void>();
  readonly #ended = new AbortController();
  #lastId = 0;
  #endsWhenIdle = false;

  constructor({ port, lock, isBest }: LineOptions, locks: Pick<LockManager, 'request'>) {
    this.isBest = isBest;
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<EndpointNews>) => {
      if (data.kind === 'answer') this.#settle(data.id, data.answer);
    };
    locks
      .request(lock, { mode: 'shared', signal: this.#ended.signal }, () => this.#end())
      .catch(() => {});
  }

  /** The tab is gone, or the line has been ended. */
  get isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** null where the tab is gone, cannot tell, or has not answered in time. */
  ask(question: TabQuestion, withinMs: number): Promise<TabAnswer | null> {
    if (this.isOver) return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, null), withinMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#port.postMessage({ kind: 'ask', id, question } satisfies Ask);
    });
  }

  /** Ends when the last that waits has its answer. */
  endWhenIdle(): void {
    this.#endsWhenIdle = true;
    if (this.#waiting.size === 0) this.#end();
  }

  #end(): void {
    if (this.isOver) return;
    this.#ended.abort();
    for (const id of this.#waiting.keys()) this.#settle(id, null);
    this.#port.close();
  }

  #settle(id: number, answer: TabAnswer | null): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
    if (this.#endsWhenIdle && this.#waiting.size === 0) this.#end();
  }
}
