import { describe, expect, test, vi } from 'vitest';
import { OTLP_OFF, type OtlpChoice } from '../../../src/contracts/otlp.ts';
import { acceptDelta, endDeltas } from '../../../src/core/metrics/request-deltas.ts';
import { parseOtlpEndpoint } from '../../../src/monitor/otlp-endpoint.ts';
import { testOtlp } from '../../../src/monitor/otlp-request.ts';
import { OtlpSender } from '../../../src/monitor/otlp-sender.ts';
import type { SendStatus } from '../../../src/monitor/send-attempts.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';
import { startReceiver, type OtlpReceiver } from '../../fixtures/otlp/receiver.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
/** Of a machine that does other things too. */
const PATIENCE = { timeout: 10_000, interval: 5 } as const;
vi.setConfig({ testTimeout: 30_000 });

/** Pages of one site: they share the store, the cursor and the lock, and the clock stands still until it is moved. */
class Site {
  nowMs = NOON;
  readonly store = new MemoryMonitor({ maxLogLines: 10_000 });
  readonly dropped: [string, string, number][] = [];
  readonly statuses: SendStatus[] = [];
  readonly logged: string[] = [];
  cursor = '';
  /** Random numbers that retries are put off by. */
  random = 1;
  /** What the receiver knows nothing of. */
  readonly unknownPaths: string[] = [];
  #held = false;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();
  #posts = 0;

  page(receiver: Pick<OtlpReceiver, 'url'>, change: Partial<OtlpChoice> = {}): OtlpSender {
    const sender = new OtlpSender({
      store: this.store,
      choice: { ...OTLP_OFF, isOn: true, endpoint: receiver.url, ...change },
      isStillChosen: () => true,
      cursor: { read: () => this.cursor, write: (text) => (this.cursor = text) },
      source: { instanceId: 'browser', version: '1' },
      fetch: async (url, init) => {
        this.#posts += 1;
        if (this.unknownPaths.some((path) => url.endsWith(path))) {
          return new Response(null, { status: 404 });
        }
        return fetch(url, init);
      },
      locks: { request: (_, __, callback) => this.#lock(callback) },
      epochNow: () => this.nowMs,
      after: (ms, callback) => {
        const timer = { atMs: this.nowMs + ms, callback };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      random: () => this.random,
      log: (_, __, message) => this.logged.push(message),
      onDropped: (...drop) => this.dropped.push(drop),
      onStatus: (status) => this.statuses.push(status),
    });
    sender.start();
    return sender;
  }

  get posts(): number {
    return this.#posts;
  }

  /** When the next look is; waits until one is planned, so that everything before it is done. */
  async nextLookMs(): Promise<number> {
    await expect.poll(() => this.#timers.size, PATIENCE).toBe(1);
    const [timer] = this.#timers;
    return timer?.atMs ?? 0;
  }

  /** Moves the clock and lets whoever waits look. */
  async pass(ms: number): Promise<void> {
    await this.nextLookMs();
    this.nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.nowMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
    await this.nextLookMs();
  }

  /** Requests that begin and end within the next ten minutes. */
  async request(count: number, seed = 1): Promise<void> {
    const span = { fromMs: this.nowMs, toMs: this.nowMs + 9 * MINUTE_MS };
    for (const record of sampleRecords({ seed, count, ...span })) {
      await this.store.open(
        { ...record, outcome: null, endedAtEpochMs: null },
        acceptDelta(record),
      );
      await this.store.close(record, endDeltas(record));
    }
  }

  async #lock(callback: (lock: Lock | null) => Promise<unknown>): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#held = true;
    await callback(null);
    this.#held = false;
    this.#waiting.shift()?.();
  }
}

function requestsIn({ received }: OtlpReceiver): number {
  return received
    .flatMap(
      ({ body }) =>
        JSON.stringify(body).match(
          /"shellwright\.generation_finished".*?"aggregationTemporality"/g,
        ) ?? [],
    )
    .flatMap((text) => [...text.matchAll(/"asInt":"(\d+)"/g)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

function traceIdsIn({ received }: OtlpReceiver): readonly string[] {
  const spans = received.flatMap(({ body }) => [
    ...JSON.stringify(body).matchAll(/"traceId":"(\w+)","spanId":"\w+","name"/g),
  ]);
  return spans.map(([, id = '']) => id);
}

describe('the sender', () => {
  test('sends every request once, in figures and in traces, and nothing of before it was asked to', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    await site.request(40);
    site.nowMs += 15 * MINUTE_MS;
    site.page(receiver);
    await site.nextLookMs();
    expect(receiver.received).toEqual([]);
    await site.request(300, 2);
    for (let minute = 0; minute < 20; minute++) await site.pass(MINUTE_MS);
    expect(requestsIn(receiver)).toBe(300);
    expect(new Set(traceIdsIn(receiver)).size).toBe(300);
    expect(traceIdsIn(receiver)).toHaveLength(300);
    expect(site.statuses.at(-1)).toMatchObject({ failures: [] });
    expect(site.dropped).toEqual([]);
  });

  test('goes on where a page before it has ended, and two pages do not send the same', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    const first = site.page(receiver);
    await site.nextLookMs();
    site.page(receiver);
    await site.request(120);
    for (let minute = 0; minute < 6; minute++) await site.pass(MINUTE_MS);
    first.stop();
    for (let minute = 0; minute < 10; minute++) await site.pass(MINUTE_MS);
    expect(requestsIn(receiver)).toBe(120);
    expect(traceIdsIn(receiver)).toHaveLength(120);
  });

  test('loses nothing while the receiver is away, and waits longer each time, or as it is told', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    site.page(receiver, { signals: ['metrics'] });
    await site.nextLookMs();
    await site.request(50);
    receiver.answers.push(
      { status: 503 },
      { status: 503 },
      { status: 429, headers: { 'Retry-After': '90' } },
    );
    await site.pass(15 * MINUTE_MS);
    expect((await site.nextLookMs()) - site.nowMs).toBe(2_000);
    await site.pass(2_000);
    expect((await site.nextLookMs()) - site.nowMs).toBe(4_000);
    await site.pass(4_000);
    expect((await site.nextLookMs()) - site.nowMs).toBe(90_000);
    expect(site.statuses.at(-1)).toMatchObject({
      failures: [{ signal: 'metrics', status: 429 }],
      nextTryAtEpochMs: site.nowMs + 90_000,
    });
    expect(receiver.received).toEqual([]);
    await site.pass(90_000);
    expect(requestsIn(receiver)).toBe(50);
    expect(site.logged).toEqual(['telemetry not sent', 'telemetry sent again']);
    expect(site.dropped).toEqual([]);
  });

  test('counts what the receiver rejects, whole requests and parts of them', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    site.page(receiver, { signals: ['traces'] });
    await site.nextLookMs();
    await site.request(12);
    receiver.answers.push({ status: 400 });
    await site.pass(15 * MINUTE_MS);
    expect(site.dropped).toEqual([['otlp_traces', 'rejected', 12]]);
    expect(site.statuses.at(-1)).toMatchObject({
      address: receiver.url,
      failures: [],
      refusals: [{ signal: 'traces', status: 400 }],
    });
    await site.request(5, 9);
    receiver.answers.push({ status: 200, body: '{"partialSuccess":{"rejectedSpans":"3"}}' });
    await site.pass(15 * MINUTE_MS);
    expect(site.dropped.at(-1)).toEqual(['otlp_traces', 'rejected', 3]);
    expect(traceIdsIn(receiver)).toHaveLength(5);
    expect(site.statuses.at(-1)?.refusals).toEqual([]);
  });

  test('goes on saying what was refused of one signal while another arrives', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    site.page(receiver, { signals: ['metrics', 'traces'] });
    await site.nextLookMs();
    await site.request(12);
    receiver.answers.push({ status: 400 });
    await site.pass(15 * MINUTE_MS);
    expect(traceIdsIn(receiver)).toHaveLength(12);
    expect(site.statuses.at(-1)).toMatchObject({
      sentAtEpochMs: site.nowMs,
      refusals: [{ signal: 'metrics', status: 400, atEpochMs: site.nowMs }],
    });
  });

  test('sends the other signals to a receiver that has no place for one, and says which it is', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    site.unknownPaths.push('/v1/metrics');
    site.page(receiver, { signals: ['metrics', 'traces'] });
    await site.nextLookMs();
    await site.request(12);
    await site.pass(15 * MINUTE_MS);
    expect(traceIdsIn(receiver)).toHaveLength(12);
    expect(site.statuses.at(-1)).toEqual({
      address: receiver.url,
      sentAtEpochMs: site.nowMs,
      failures: [{ signal: 'metrics', status: 404 }],
      nextTryAtEpochMs: site.nowMs + 2_000,
      refusals: [],
    });
    // What arrives of the others does not make it try again sooner.
    await site.request(5, 2);
    await site.pass(15 * MINUTE_MS);
    expect(traceIdsIn(receiver)).toHaveLength(17);
    expect((await site.nextLookMs()) - site.nowMs).toBe(4_000);
    site.unknownPaths.length = 0;
    await site.pass(4_000);
    expect(requestsIn(receiver)).toBe(17);
    expect(site.statuses.at(-1)).toMatchObject({ failures: [], nextTryAtEpochMs: null });
    expect(site.logged).toEqual(['telemetry not sent', 'telemetry sent again']);
    expect(site.dropped).toEqual([]);
  });

  test('is away in one round once, however many signals wait', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    site.page(receiver, { signals: ['metrics', 'traces'] });
    await site.nextLookMs();
    await site.request(12);
    receiver.answers.push(...Array.from({ length: 3 }, () => ({ status: 503 })));
    await site.pass(15 * MINUTE_MS);
    expect((await site.nextLookMs()) - site.nowMs).toBe(2_000);
    await site.pass(2_000);
    expect((await site.nextLookMs()) - site.nowMs).toBe(4_000);
  });

  test('counts lines that are too many once, however often the rest of them is tried again', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    const line = { atEpochMs: NOON, level: 'info', module: 'main', traceId: null } as const;
    site.page(receiver, { signals: ['logs'] });
    await site.nextLookMs();
    await site.store.appendLogs(
      Array.from({ length: 5_700 }, () => ({ ...line, message: 'line', fields: {} })),
    );
    receiver.answers.push({ status: 503 }, { status: 503 });
    await site.pass(MINUTE_MS);
    await site.pass(2_000);
    expect(site.dropped).toEqual([]);
    await site.pass(4_000);
    expect(site.dropped).toEqual([['otlp_logs', 'queue_overflow', 700]]);
  });

  test('gives up what is older than a day, and counts it', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    const away = site.page(receiver, { signals: ['traces'] });
    await site.nextLookMs();
    away.stop();
    await site.request(30);
    site.nowMs += 26 * 3_600_000;
    await site.request(7, 3);
    site.nowMs += 15 * MINUTE_MS;
    site.page(receiver, { signals: ['traces'] });
    await site.nextLookMs();
    expect(site.dropped).toEqual([['otlp_traces', 'expired', 30]]);
    expect(traceIdsIn(receiver)).toHaveLength(7);
  });

  test('sends log lines from the first that was written since, in their order', async () => {
    const receiver = await startReceiver();
    const site = new Site();
    const line = { atEpochMs: NOON, level: 'info', module: 'main', traceId: null } as const;
    const write = (texts: readonly string[]) =>
      site.store.appendLogs(texts.map((text) => ({ ...line, message: text, fields: {} })));
    await write(['before']);
    site.page(receiver, { signals: ['logs'] });
    await site.nextLookMs();
    const texts = Array.from({ length: 1200 }, (_, n) => `line-${n}`);
    await write(texts);
    await site.pass(MINUTE_MS);
    const sent = receiver.received.flatMap(({ body }) => [
      ...JSON.stringify(body).matchAll(/"body":\{"stringValue":"([^"]+)"/g),
    ]);
    expect(sent.map(([, text]) => text)).toEqual(texts);
    const { posts } = site;
    await site.pass(MINUTE_MS);
    expect(site.posts).toBe(posts);
  });
});

describe('a test of an address', () => {
  test('asks for each signal that is chosen, without a single item', async () => {
    const receiver = await startReceiver();
    const signals = ['metrics', 'traces', 'logs'] as const;
    expect(await testOtlp(fetch, receiver.url, signals)).toEqual({
      failedSignal: null,
      status: 200,
    });
    expect(receiver.received.map(({ signal }) => signal)).toEqual(signals);
    expect(receiver.refusals).toEqual([]);
  });

  test('names the first signal that is not taken', async () => {
    const receiver = await startReceiver();
    receiver.answers.push({ status: 200, body: '{}' }, { status: 404 });
    expect(await testOtlp(fetch, receiver.url, ['metrics', 'traces', 'logs'])).toEqual({
      failedSignal: 'traces',
      status: 404,
    });
    await receiver.stop();
    expect(await testOtlp(fetch, receiver.url, ['logs'])).toEqual({
      failedSignal: 'logs',
      status: 0,
    });
    await receiver.startAgain();
  });
});

describe('the endpoint', () => {
  test.each([
    ['https://collector.example:4318', 'https://collector.example:4318'],
    [' http://localhost:4318/ ', 'http://localhost:4318'],
    ['https://example.org/otlp/', 'https://example.org/otlp'],
    ['collector.example', null],
    ['ftp://collector.example', null],
    ['https://user:secret@collector.example', null],
    ['https://collector.example/?key=1', null],
    ['', null],
  ])('%j is %j', (text, endpoint) => {
    expect(parseOtlpEndpoint(text)).toBe(endpoint);
  });
});
