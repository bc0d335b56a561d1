/** The relay as this page knows it: whether there is one, where it passes alerts on to, and what became of them. */
import type { OutboxEntry, RelayChoice, RelayState } from '../contracts/alert-record.ts';
import type { DeliveryEntry, RelayDestinations, SinkName } from '../contracts/relay.ts';
import { answerKind, type RelayAnswer } from '../core/alerts/delivery.ts';
import { getJson, isSink, postEntry, type Fetch, type RelayAddress } from './relay-request.ts';

export interface RelayLinkOptions {
  readonly fetch: Fetch;
  /** Of the site that the page comes from, ending in `/`. */
  readonly siteUrl: string;
  readonly now: () => number;
  /** The state has changed. */
  readonly onChange: () => void;
}

const ROUTE = 'default';
/** A relay may be set up, or be back, later. */
const ASK_AGAIN_AFTER_MS = 600_000;

export class RelayLink {
  readonly #options: RelayLinkOptions;
  #choice: RelayChoice = { url: null, token: '' };
  #state: RelayState = { kind: 'unknown' };
  #asking: Promise<RelayState> | null = null;
  #askedAtMs = -Infinity;

  constructor(options: RelayLinkOptions) {
    this.#options = options;
  }

  get state(): RelayState {
    return this.#state;
  }

  use(choice: RelayChoice): void {
    if (choice.url === this.#choice.url && choice.token === this.#choice.token) return;
    this.#choice = choice;
    this.#askedAtMs = -Infinity;
    // What is being asked is the relay before, or with the token before.
    this.#asking = null;
    this.#setState({ kind: 'unknown' });
  }

  /** Asks the relay unless its answer is fresh; `isForced` asks anyway. Never rejects. */
  check(isForced = false): Promise<RelayState> {
    const isFresh = this.#options.now() - this.#askedAtMs < ASK_AGAIN_AFTER_MS;
    // No answer says nothing: there may be a relay, or a site that has none, by now.
    const isKnown = this.#state.kind !== 'unknown' && this.#state.kind !== 'unreachable';
    if (isFresh && isKnown && !isForced) return Promise.resolve(this.#state);
    if (this.#asking !== null) return this.#asking;
    const asking = this.#ask().finally(() => {
      if (this.#asking === asking) this.#asking = null;
    });
    this.#asking = asking;
    return asking;
  }

  async post(entry: OutboxEntry): Promise<RelayAnswer> {
    const choice = this.#choice;
    const answer = await postEntry(this.#options.fetch, this.#address(), entry);
    if (choice === this.#choice) this.#compare(answer);
    return answer;
  }

  /** What each destination said to a post; null where the relay does not tell. */
  async deliveries(post: number): Promise<readonly DeliveryEntry[] | null> {
    const answer = await this.#get(`v1/deliveries?post=${post}`);
    const list = answer?.status === 200 ? answer.body['deliveries'] : null;
    return Array.isArray(list) ? list.filter(isDelivery) : null;
  }

  /** A post that ends otherwise than the relay said it would is newer than that: it is asked again. */
  #compare({ status }: RelayAnswer): void {
    const isTaken = status >= 200 && status < 300;
    const isShut = status === 0 || status === 401 || status === 403;
    const isPresent = this.#state.kind === 'present';
    if (isPresent ? isShut : isTaken) void this.check(true);
  }

  async #ask(): Promise<RelayState> {
    const choice = this.#choice;
    const answer = await this.#get('v1/destinations');
    // Another relay was chosen meanwhile.
    if (choice !== this.#choice) return this.#state;
    this.#askedAtMs = this.#options.now();
    const destinations = answer?.status === 200 ? destinationsOf(answer.body) : null;
    if (destinations !== null) {
      const { version, routes } = destinations;
      this.#setState({ kind: 'present', version, sinks: routes[ROUTE] ?? [] });
    } else if (answer?.status === 401 || answer?.status === 403) {
      this.#setState({ kind: 'token-refused' });
    } else {
      // A site that answers, but not as a relay, has none; one that somebody has set ought to be there.
      const isAnswered = answer !== null && answerKind(answer.status) !== 'retry';
      const isNone = choice.url === null && isAnswered;
      this.#setState({ kind: isNone ? 'absent' : 'unreachable' });
    }
    return this.#state;
  }

  #get(path: string): ReturnType<typeof getJson> {
    return getJson(this.#options.fetch, this.#address(), path);
  }

  #address(): RelayAddress {
    const { url, token } = this.#choice;
    return { url: url ?? this.#options.siteUrl, token };
  }

  #setState(state: RelayState): void {
    const before = this.#state;
    this.#state = state;
    if (JSON.stringify(before) !== JSON.stringify(state)) this.#options.onChange();
  }
}

function destinationsOf({ version, routes }: Record<string, unknown>): RelayDestinations | null {
  if (typeof version !== 'string' || typeof routes !== 'object' || routes === null) return null;
  const known = Object.entries(routes).map(([name, sinks]): [string, readonly SinkName[]] => [
    name,
    Array.isArray(sinks) ? sinks.filter(isSink) : [],
  ]);
  return { version: version.slice(0, 40), routes: Object.fromEntries(known) };
}

function isDelivery(value: unknown): value is DeliveryEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { sink, status, attempts, answer, alertname } = value as Record<string, unknown>;
  return (
    isSink(sink) &&
    typeof status === 'string' &&
    typeof attempts === 'number' &&
    typeof answer === 'string' &&
    typeof alertname === 'string'
  );
}
