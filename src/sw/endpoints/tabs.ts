/** Finds the tab that answers, and talks with it about one request. */
import type { EndpointCall, EndpointHello, EndpointNews } from '../../contracts/endpoint.ts';

export interface TabsOptions {
  readonly clients: Pick<Clients, 'matchAll'>;
  readonly locks: Pick<LockManager, 'request'>;
  /** Of the site, ending in `/`. */
  readonly scope: string;
}

type Here = Extract<EndpointNews, { readonly kind: 'here' }>;

/** A tab that is busy with something else, or still being loaded. */
const ANSWER_WITHIN_MS = 5_000;
/** For a better tab than the first that says something. */
const GRACE_MS = 250;

export class Tabs {
  readonly #options: TabsOptions;

  constructor(options: TabsOptions) {
    this.#options = options;
  }

  /** A tab with a model before others, and of those the leader; null where none is open. */
  async call(): Promise<TabCall | null> {
    const { clients, locks, scope } = this.#options;
    const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
    const greeted = windows.filter(({ url }) => isApp(url, scope)).map(greet);
    if (greeted.length === 0) return null;
    const best = await firstGood(greeted);
    for (const { port } of greeted) if (port !== best?.port) port.close();
    return best === null ? null : new TabCall(best.port, best.here, locks);
  }
}

/** Windows also show what the endpoints answer, and have no app in them then. */
function isApp(address: string, scope: string): boolean {
  const [page] = address.split(/[?#]/u);
  return page === scope || page === `${scope}index.html`;
}

interface Greeted {
  readonly port: MessagePort;
  readonly here: Promise<Here>;
}

function greet(client: Client): Greeted {
  const { port1: port, port2 } = new MessageChannel();
  const here = new Promise<Here>((resolve) => {
    port.onmessage = ({ data }: MessageEvent<EndpointNews>) => {
      if (data.kind === 'here') resolve(data);
    };
  });
  client.postMessage({ kind: 'endpoint' } satisfies EndpointHello, [port2]);
  return { port, here };
}

interface Found {
  readonly port: MessagePort;
  readonly here: Here;
}

function firstGood(greeted: readonly Greeted[]): Promise<Found | null> {
  return new Promise((resolve) => {
    const found: Found[] = [];
    const choose = (): void => {
      clearTimeout(timer);
      resolve(found.toSorted((a, b) => rank(b.here) - rank(a.here))[0] ?? null);
    };
    let timer = setTimeout(choose, ANSWER_WITHIN_MS);
    for (const { port, here } of greeted) {
      void here.then((news) => {
        found.push({ port, here: news });
        if (found.length === greeted.length || rank(news) === BEST) choose();
        else if (found.length === 1) {
          clearTimeout(timer);
          timer = setTimeout(choose, GRACE_MS);
        }
      });
    }
  });
}

const BEST = 3;

function rank({ isReady, isLeader }: Here): number {
  return (isReady ? 2 : 0) + (isLeader ? 1 : 0);
}

export class TabCall {
  readonly #port: MessagePort;
  readonly #ended = new AbortController();
  #onNews: (news: EndpointNews | null) => void = () => {};

  constructor(port: MessagePort, { lock }: Here, locks: TabsOptions['locks']) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<EndpointNews>) => this.#onNews(data);
    locks
      .request(lock, { mode: 'shared', signal: this.#ended.signal }, () => this.#onNews(null))
      .catch(() => {});
  }

  /** `onNews` gets null when the tab is gone. */
  listen(onNews: (news: EndpointNews | null) => void): void {
    this.#onNews = onNews;
  }

  send(call: EndpointCall): void {
    this.#port.postMessage(call);
  }

  /** Sends a call that has one answer, and ends; null where the tab is gone or has not answered in time. */
  async ask(call: EndpointCall, withinMs: number): Promise<EndpointNews | null> {
    const news = await new Promise<EndpointNews | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), withinMs);
      this.listen((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.send(call);
    });
    this.end();
    return news;
  }

  end(): void {
    this.#onNews = () => {};
    this.#ended.abort();
    this.#port.close();
  }
}
