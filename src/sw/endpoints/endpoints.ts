/** The addresses of the site that answer as a server does. Nothing is remembered that could not be found anew. */
import type { TabAnswer } from '../../contracts/endpoint.ts';
import { failure } from '../../contracts/failure.ts';
import type { LogLine } from '../../contracts/log-line.ts';
import {
  detailedHealthAnswer,
  healthAnswer,
  uptimeAnswer,
} from '../../core/endpoint/health-answer.ts';
import { endpointProblem, failureProblem } from '../../core/endpoint/problem.ts';
import { CONTENT_TYPES } from '../../core/export/exposition.ts';
import { negotiateFormat } from '../../core/export/prometheus-text.ts';
import { traceIdOf } from '../../core/trace/trace-ids.ts';
import type { LogMessage } from '../../monitor/log-messages.ts';
import { jsonAnswer, problemAnswer, toResponse, type Answer, type Ending } from './answer.ts';
import { generate } from './generate.ts';
import type { MetricsReader } from './metrics-reader.ts';
import { SharedRun } from './shared-run.ts';
import type { Tabs } from './tabs.ts';

export interface EndpointsOptions {
  /** Of the site, ending in `/`. */
  readonly scope: string;
  readonly tabs: Pick<Tabs, 'ask' | 'call'>;
  readonly metrics: Pick<MetricsReader, 'text' | 'uptime' | 'log'>;
  readonly locks: Pick<LockManager, 'request'>;
  readonly clients: Pick<Clients, 'get'>;
  readonly newId: () => string;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly epochNow: () => number;
}

interface Asked {
  readonly request: Request;
  readonly requestId: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly isClientHere: () => Promise<boolean>;
}

type Event = Pick<FetchEvent, 'request' | 'waitUntil' | 'clientId'>;

interface Route {
  readonly methods: readonly string[];
  readonly answer: (asked: Asked) => Promise<Answer>;
}

interface HealthRun {
  /** How many wait for the next answer. */
  askers: number;
  readonly shared: SharedRun<TabAnswer | null>;
}

const HEALTH_WITHIN_MS = 5_000;
/** The check itself gives up after 30 s. */
const DEEP_HEALTH_WITHIN_MS = 40_000;
/** A disk that does not answer keeps nobody waiting. */
const LOG_WITHIN_MS = 1_000;
const UNHEALTHY_RETRY_S = '5';

export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #routes: ReadonlyMap<string, Route>;
  /** A tab is asked once for all that come together: what a tab has to do must not grow with how many look at it. */
  readonly #shallow: HealthRun = { askers: 0, shared: new SharedRun(() => this.#askTab(false)) };
  readonly #deep: HealthRun = { askers: 0, shared: new SharedRun(() => this.#askTab(true)) };

  constructor(options: EndpointsOptions) {
    this.#options = options;
    const get = ['GET', 'HEAD'];
    this.#routes = new Map<string, Route>([
      ['health', { methods: get, answer: () => this.#health(false) }],
      ['health/detailed', { methods: get, answer: () => this.#health(true) }],
      ['metrics', { methods: get, answer: (asked) => this.#metrics(asked) }],
      ['metrics/uptime', { methods: get, answer: (asked) => this.#uptime(asked) }],
      ['dashboard', { methods: get, answer: () => Promise.resolve(this.#dashboard()) }],
      [
        'generate',
        {
          methods: ['POST'],
          answer: (asked) => generate({ ...asked, tabs: options.tabs, locks: options.locks }),
        },
      ],
    ]);
  }

  /** null for what is no endpoint. */
  answer(event: Event): Promise<Response> | null {
    const { scope } = this.#options;
    const { href, search, hash } = new URL(event.request.url);
    const address = href.slice(0, href.length - search.length - hash.length);
    if (!address.startsWith(scope)) return null;
    const route = this.#routes.get(address.slice(scope.length));
    return route === undefined ? null : this.#answer(event, route.methods, route.answer);
  }

  async #answer(
    event: Event,
    methods: readonly string[],
    work: (asked: Asked) => Promise<Answer>,
  ): Promise<Response> {
    const { clients, newId, now } = this.#options;
    const { request } = event;
    const startedMs = now();
    const requestId = newId();
    const answer = await (
      methods.includes(request.method)
        ? work({
            request,
            requestId,
            waitUntil: (promise) => event.waitUntil(promise),
            isClientHere: async () => (await clients.get(event.clientId)) !== undefined,
          })
        : Promise.resolve(
            problemAnswer(endpointProblem('endpoint/wrong-method', 'method'), requestId, {
              Allow: methods.join(', '),
            }),
          )
    ).catch(() => problemAnswer(failureProblem(failure('unknown')), requestId));
    const { status, code = null } = answer;
    const id = answer.requestId ?? requestId;
    const logged = (answer.ended ?? Promise.resolve({ status, code })).then((ending) =>
      this.#log(request, id, ending, now() - startedMs),
    );
    event.waitUntil(logged);
    const totalMs = now() - startedMs;
    // Once there is an answer the browser may stop the service worker, and the line would be lost. Of a stream the tab
    // notices that.
    if (!(answer.body instanceof ReadableStream)) await within(LOG_WITHIN_MS, logged);
    return toResponse(answer, id, totalMs, request.method !== 'HEAD');
  }

  async #health(isDeep: boolean): Promise<Answer> {
    const { epochNow } = this.#options;
    const run = isDeep ? this.#deep : this.#shallow;
    run.askers += 1;
    const told = await run.shared.result();
    const { report, vocabularySize } =
      told?.kind === 'health' ? told : { report: null, vocabularySize: null };
    const body = isDeep
      ? detailedHealthAnswer(report, vocabularySize, epochNow())
      : healthAnswer(report, epochNow());
    if (report?.status === 'healthy') return jsonAnswer(200, body);
    return jsonAnswer(503, body, {
      code: report === null ? 'endpoint/no-tab' : (report.failure?.code ?? 'unknown'),
      headers: { 'Retry-After': UNHEALTHY_RETRY_S },
    });
  }

  async #metrics({ request, requestId }: Asked): Promise<Answer> {
    const format = negotiateFormat(request.headers.get('Accept') ?? '');
    const text = await this.#options.metrics.text(format);
    if (!text.ok) return problemAnswer(failureProblem(text.failure), requestId);
    return {
      status: 200,
      body: text.value,
      headers: { 'Content-Type': CONTENT_TYPES[format], Vary: 'Accept' },
    };
  }

  async #uptime({ requestId }: Asked): Promise<Answer> {
    const uptime = await this.#options.metrics.uptime();
    if (!uptime.ok) return problemAnswer(failureProblem(uptime.failure), requestId);
    const { standing, countingSinceEpochMs } = uptime.value;
    return jsonAnswer(200, uptimeAnswer(standing, countingSinceEpochMs));
  }

  #dashboard(): Answer {
    return { status: 302, body: null, headers: { Location: `${this.#options.scope}#/monitor` } };
  }

  #askTab(isDeep: boolean): Promise<TabAnswer | null> {
    const run = isDeep ? this.#deep : this.#shallow;
    const { askers } = run;
    run.askers = 0;
    const withinMs = isDeep ? DEEP_HEALTH_WITHIN_MS : HEALTH_WITHIN_MS;
    return this.#options.tabs.ask({ kind: 'health', isDeep, askers }, withinMs);
  }

  #log(request: Request, id: string, { status, code }: Ending, durationMs: number): Promise<void> {
    const line: LogLine = {
      atEpochMs: this.#options.epochNow(),
      level: status < 400 ? 'info' : status === 500 ? 'error' : 'warn',
      message: 'endpoint answered' satisfies LogMessage,
      module: 'sw',
      traceId: traceIdOf(id),
      fields: {
        method: request.method,
        path: new URL(request.url).pathname.slice(0, 120),
        status,
        durationMs: Math.round(durationMs * 1000) / 1000,
        ...(code === null ? {} : { code }),
      },
    };
    return this.#options.metrics.log(line);
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, tooLate]);
  clearTimeout(timer);
}
