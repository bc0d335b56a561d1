/** Finds the tab that answers, and talks with it. */
import type {
  EndpointCall,
  EndpointHello,
  EndpointNews,
  TabAnswer,
  TabQuestion,
  TabStanding,
} from '../../contracts/endpoint.ts';
import { TabLine } from './tab-line.ts';

interface TabClient {
  readonly url: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

export interface TabsOptions {
  readonly clients: {
    matchAll(options: {
      type: 'window';
      includeUncontrolled: boolean;
    }): Promise<readonly TabClient[]>;
  };
  readonly locks: Pick<LockManager, 'request'>;
  /** Of the site, ending in `/`. */
  readonly scope: string;
}

type Here = Extract<EndpointNews, { readonly kind: 'here' }>;

/** A tab that is busy with something else, or still being loaded. */
const ANSWER_WITHIN_MS = 5_000;
/** For a better tab than the first that says something. */
const GRACE_MS = 250;
const STANDING_WITHIN_MS = 3_000;

export class Tabs {
  readonly #options: TabsOptions;
  /** To a tab that nothing is better than, as far as is known; gone with the service worker. */
  #line: Promise<TabLine | null> | null = null;

  constructor(options: TabsOptions) {
    this.#options = options;
  }

  /** A tab with a model before others, and of those the leader; null where none is open. */
  async call(): Promise<TabCall | null> {
    const best = await this.#find();
    return best === null ? null : new TabCall(best.port, best.here, this.#options.locks);
  }

  /**
   * Asks such a tab what has one answer; null where none tells in time. None is better than a leader with a model, which
   * stays one until it is gone or its model is: until then it is asked again without looking for others.
   */
  async ask(question: TabQuestion, withinMs: number): Promise<TabAnswer | null> {
    const isKnown = this.#line !== null;
    this.#line ??= this.#openLine();
    const opened = this.#line;
    const line = await opened;
    const answer = (await line?.ask(question, withinMs)) ?? null;
    const isStillBest = line?.isBest === true && !line.isOver && answer !== null && isWell(answer);
    const isGone = line?.isOver === true;
    if (!isStillBest) {
      if (this.#line === opened) this.#line = null;
      line?.endWhenIdle();
    }
    // A tab that was known can have gone just before it was asked, and another be there.
    return answer === null && isKnown && isGone ? this.ask(question, withinMs) : answer;
  }

  /** null where no tab answers. */
  async standing(): Promise<TabStanding | null> {
    const answer = await this.ask({ kind: 'standing' }, STANDING_WITHIN_MS);
    return answer?.kind === 'standing' ? answer.standing : null;
  }

  async #openLine(): Promise<TabLine | null> {
    const best = await this.#find();
    if (best === null) return null;
    const { port, here } = best;
    return new TabLine({ port, lock: here.lock, isBest: rank(here) === BEST }, this.#options.locks);
  }

  async #find(): Promise<Found | null> {
    const { clients, scope } = this.#options;
    const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
    const greeted = windows.filter(({ url }) => isApp(url, scope)).map(greet);
    if (greeted.length === 0) return null;
    const best = await firstGood(greeted);
    for (const { port } of greeted) if (port !== best?.port) port.close();
    return best;
  }
}

function isWell(answer: TabAnswer): boolean {
  return answer.kind !== 'health' || answer.report.modelLoaded;
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

function greet(client: TabClient): Greeted {
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

  end(): void {
    this.#onNews = () => {};
    this.#ended.abort();
    this.#port.close();
  }
}
