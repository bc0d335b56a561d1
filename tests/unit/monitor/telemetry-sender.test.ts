/** Browsers whose pages tell a real relay what they count. */
import { describe, expect, test, vi } from 'vitest';
import type { TelemetryPost } from '../../../src/contracts/relay.ts';
import { gaugesRead } from '../../../src/core/metrics/event-deltas.ts';
import { acceptDelta, endDeltas } from '../../../src/core/metrics/request-deltas.ts';
import type { SendStatus } from '../../../src/monitor/send-attempts.ts';
import { readTelemetryGauges } from '../../../src/monitor/telemetry-gauges.ts';
import { TelemetrySender } from '../../../src/monitor/telemetry-sender.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import type { TelemetryBook } from '../../../src/store/telemetry-book.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';
import { OWN_PAGE, startTestRelay, type TestRelay } from '../relay/support/test-relay.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
/** Of a machine that does other things too. */
const PATIENCE = { timeout: 10_000, interval: 5 } as const;
vi.setConfig({ testTimeout: 30_000 });

/** What becomes of a request on its way. */
type Way = 'arrives' | 'is lost' | 'answer is lost' | { readonly status: number };

/** Pages of one browser: they share the store, the book and the lock; time stands still until it is moved. */
class Browser {
  nowMs = NOON;
  readonly store = new MemoryMonitor();
  isPersistent = true;
  isOn = true;
  sinceEpochMs = NOON;
  book: TelemetryBook | null = null;
  isDiskFull = false;
  /** When what was counted is in the store. */
  settled = Promise.resolve();
  readonly posts: TelemetryPost[] = [];
  /** Of the requests to come; then they arrive. */
  readonly ways: Way[] = [];
  readonly dropped: [string, string, number][] = [];
  readonly statuses: SendStatus[] = [];
  readonly #relay: TestRelay;
  readonly #name: string;
  #ids = 0;
  #held = false;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  constructor(relay: TestRelay, name = 'first') {
    this.#relay = relay;
    this.#name = name;
  }

  page(): TelemetrySender {
    const isPersistent = () => this.isPersistent;
    const sender = new TelemetrySender({
      store: {
        get isPersistent() {
          return isPersistent();
        },
        rollups: (query) => this.store.rollups(query),
      },
      settled: () => this.settled,
      books: {
        read: () => Promise.resolve(structuredClone(this.book)),
        write: (book) => {
          if (this.isDiskFull)
            return Promise.reject(new DOMException('full', 'QuotaExceededError'));
          this.book = structuredClone(book);
          return Promise.resolve();
        },
      },
      choice: () => ({ isOn: this.isOn, sinceEpochMs: this.sinceEpochMs }),
      relay: () => Promise.resolve({ url: 'http://localhost:4173/', token: '' }),
      readGauges: () => readTelemetryGauges(this.store, this.nowMs),
      newId: () => `${this.#name}-browser-of-test-${++this.#ids}`,
      fetch: (_, init) => this.#fetch(init),
      locks: { request: (_, __, callback) => this.#lock(callback) },
      epochNow: () => this.nowMs,
      after: (ms, callback) => {
        const timer = { atMs: this.nowMs + ms, callback };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      random: () => 1,
      log: () => {},
      onDropped: (...drop) => this.dropped.push(drop),
      onStatus: (status) => this.statuses.push(status),
    });
    sender.start();
    return sender;
  }

  /** When the next look is; waits until one is planned, so that everything before it is done. */
  async nextLookMs(): Promise<number> {
    await expect.poll(() => this.#timers.size, PATIENCE).toBe(1);
    const [timer] = this.#timers;
    return (timer?.atMs ?? 0) - this.nowMs;
  }

  async pass(ms = MINUTE_MS): Promise<void> {
    await this.nextLookMs();
    this.nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.nowMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
    await this.nextLookMs();
  }

  /** @returns how many of them ended with `stop` */
  async request(count: number, seed = 1): Promise<number> {
    const span = { fromMs: this.nowMs - MINUTE_MS, toMs: this.nowMs };
    const records = [...sampleRecords({ seed, count, ...span })];
    for (const record of records) {
      await this.store.open(
        { ...record, outcome: null, endedAtEpochMs: null },
        acceptDelta(record),
      );
      await this.store.close(record, endDeltas(record));
    }
    return records.filter(({ outcome }) => outcome === 'stop').length;
  }

  async #fetch(init: RequestInit): Promise<Response> {
    const body = typeof init.body === 'string' ? init.body : '';
    this.posts.push(JSON.parse(body) as TelemetryPost);
    const way = this.ways.shift() ?? 'arrives';
    if (way === 'is lost') throw new TypeError('Failed to fetch');
    if (typeof way === 'object') return new Response('{}', way);
    const answer = await this.#relay.request({
      method: 'POST',
      url: '/v1/telemetry',
      headers: { ...OWN_PAGE, 'content-type': 'application/json' },
      payload: body,
    });
    if (way === 'answer is lost') throw new TypeError('Failed to fetch');
    return new Response(answer.body, { status: answer.statusCode });
  }

  async #lock(callback: (lock: Lock | null) => Promise<unknown>): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#held = true;
    await callback(null);
    this.#held = false;
    this.#waiting.shift()?.();
  }
}

/** Sum of the samples of a series whose labels contain a text. */
async function shown(relay: TestRelay, name: string, labels = ''): Promise<number> {
  const { body } = await relay.request({ url: '/metrics' });
  return body
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`, 'u').test(line) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const requests = (relay: TestRelay) => shown(relay, 'generation_requests_total');

describe('the sender', () => {
  test('tells the relay what was counted since it was switched on, of every browser', async () => {
    const relay = await startTestRelay();
    const first = new Browser(relay);
    const second = new Browser(relay, 'second');
    await first.request(40);
    first.page();
    second.page();
    await first.nextLookMs();
    await second.nextLookMs();
    expect(await requests(relay)).toBe(0);
    let stopped = 0;
    for (let minute = 1; minute <= 5; minute++) {
      stopped += await first.request(100, minute);
      stopped += await second.request(30, 50 + minute);
      await first.pass();
      await second.pass();
    }
    expect(await requests(relay)).toBe(650);
    expect(await shown(relay, 'generation_finished_total')).toBe(650);
    expect(await shown(relay, 'generation_finished_total', 'finish_reason="stop"')).toBe(stopped);
    expect(stopped).toBeGreaterThan(300);
    expect(await shown(relay, 'fleet_live_browsers')).toBe(2);
    expect(first.statuses.at(-1)).toMatchObject({ failures: [], sentAtEpochMs: first.nowMs });
    expect(first.dropped).toEqual([]);
  });

  test('histograms come out as one browser’s own', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    for (let minute = 1; minute <= 8; minute++) {
      await browser.request(60, minute);
      await browser.pass();
    }
    const totals = await browser.store.rollups({ resolution: 'total', fromMs: 0, toMs: Infinity });
    if (!totals.ok) throw new Error('no totals');
    const own = totals.value.flatMap(
      ({ histograms }) => histograms['generation_latency_seconds'] ?? [],
    );
    const count = own.reduce((sum, each) => sum + each.count, 0);
    const sumMicros = own.reduce((sum, each) => sum + each.sumMicros, 0);
    expect(count).toBeGreaterThan(300);
    expect(await shown(relay, 'generation_latency_seconds_count')).toBe(count);
    expect(await shown(relay, 'generation_latency_seconds_sum')).toBeCloseTo(sumMicros / 1e6, 5);
    expect(await shown(relay, 'generation_latency_seconds_bucket', 'le="1"')).toBe(
      own.reduce((sum, { classic }) => sum + classic.slice(0, 5).reduce((a, b) => a + b, 0), 0),
    );
  });

  test('a post whose answer was lost is sent again as it was and counts once, also by the next page', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const page = browser.page();
    await browser.nextLookMs();
    await browser.request(20);
    browser.ways.push('answer is lost', 'is lost');
    await browser.pass();
    expect(await requests(relay)).toBe(20);
    expect(await browser.nextLookMs()).toBe(2_000);
    await browser.request(5, 2);
    await browser.pass(2_000);
    page.stop();
    // As if the page had been killed: what it knew is gone, the book is not.
    browser.page();
    await browser.nextLookMs();
    const [first, second, third, fourth] = browser.posts.slice(1);
    for (const again of [second, third]) {
      expect(again?.rows).toEqual(first?.rows);
      expect(again?.sequence).toBe(first?.sequence);
    }
    expect(fourth?.sequence).toBe(2);
    expect(await requests(relay)).toBe(25);
    expect(await shown(relay, 'relay_telemetry_posts_total', 'repeated')).toBe(1);
    expect(await shown(relay, 'relay_telemetry_posts_total', 'gap')).toBe(0);
    expect(browser.dropped).toEqual([]);
  });

  test('one page sends at a time, and the next goes on where it stopped', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const first = browser.page();
    await browser.nextLookMs();
    browser.page();
    await browser.request(30);
    await browser.pass();
    const { length } = browser.posts;
    await browser.request(12, 2);
    first.stop();
    await expect.poll(() => browser.posts.length, PATIENCE).toBe(length + 1);
    await browser.nextLookMs();
    expect(await requests(relay)).toBe(42);
  });

  test('a page that is hidden sends at once, but not while the relay is given time', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const page = browser.page();
    await browser.nextLookMs();
    await browser.request(3);
    page.flush();
    await expect.poll(() => requests(relay), PATIENCE).toBe(3);
    await browser.nextLookMs();
    browser.ways.push({ status: 503 });
    await browser.request(4, 2);
    page.flush();
    await expect.poll(() => browser.statuses.at(-1)?.failures[0]?.status, PATIENCE).toBe(503);
    const { length } = browser.posts;
    await browser.nextLookMs();
    page.flush();
    await Promise.resolve();
    expect(browser.posts).toHaveLength(length);
    await browser.pass(2_000);
    expect(await requests(relay)).toBe(7);
  });

  test('what happens again after everything was deleted is told again', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const page = browser.page();
    await browser.nextLookMs();
    await browser.request(5);
    await browser.pass();
    expect(await requests(relay)).toBe(5);
    await browser.store.clear();
    await browser.pass();
    expect(browser.book?.told).toEqual([]);
    await browser.request(5);
    await browser.pass();
    expect(await requests(relay)).toBe(10);
    page.stop();
  });

  test('what ends while a page goes is in its last post', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const page = browser.page();
    await browser.nextLookMs();
    let endWriting = (): void => {};
    browser.settled = new Promise((resolve) => (endWriting = resolve));
    page.flush();
    await browser.request(7);
    endWriting();
    await expect.poll(() => requests(relay), PATIENCE).toBe(7);
    page.stop();
  });

  test('without anything to count it says once a minute that it is there, with what only has a value now', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    const reading = { activeRequests: 0, storageUsedRatio: null };
    await browser.store.add([
      gaugesRead(browser.nowMs, { ...reading, memoryUsedRatio: 0.91 }),
      gaugesRead(browser.nowMs, { ...reading, memoryUsedRatio: 0.3 }),
    ]);
    await browser.pass();
    await browser.pass();
    expect(browser.posts.at(-2)?.gauges).toEqual({ activeRequests: 0, memoryUsedRatio: 0.91 });
    expect(await shown(relay, 'memory_used_ratio')).toBe(0.91);
    // The gauges that were stored are rows too, but nothing in them is a sum.
    expect(browser.posts.map(({ rows, sequence }) => [rows.length, sequence])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    for (let minute = 0; minute < 3; minute++) await browser.pass();
    expect(browser.posts.at(-1)?.gauges?.memoryUsedRatio).toBeNull();
  });

  test('much at once goes in posts that outlive a page, and all of it arrives', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    browser.ways.push(...Array.from({ length: 3 }, (): Way => 'is lost'));
    await browser.request(1);
    for (let attempt = 0; attempt < 3; attempt++) await browser.pass();
    await browser.request(600, 5);
    await browser.pass();
    expect(await requests(relay)).toBe(601);
    const sizes = browser.posts.map((post) => JSON.stringify(post).length);
    expect(Math.max(...sizes)).toBeLessThan(60_000);
    expect(Math.max(...sizes)).toBeGreaterThan(20_000);
  });

  test('nothing is sent while it is off, and what is counted meanwhile stays here', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    // Another tab has switched it off.
    browser.isOn = false;
    const { length } = browser.posts;
    await browser.request(9);
    await browser.pass();
    await browser.pass();
    expect(browser.posts).toHaveLength(length);
    browser.isOn = true;
    browser.sinceEpochMs = browser.nowMs;
    await browser.pass();
    await browser.request(2, 3);
    await browser.pass();
    expect(await requests(relay)).toBe(2);
  });
});

describe('what is lost', () => {
  test('is counted where the relay refuses it for good, and the next post goes on', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    await browser.request(6);
    browser.ways.push({ status: 400 });
    await browser.pass();
    const lost = browser.posts
      .at(-1)
      ?.rows.reduce(
        (sum, row) => sum + Object.keys(row.counters).length + Object.keys(row.histograms).length,
        0,
      );
    expect(lost).toBeGreaterThan(20);
    expect(browser.dropped).toEqual([['relay_metrics', 'rejected', lost]]);
    await browser.request(4, 2);
    await browser.pass();
    expect(await requests(relay)).toBe(4);
  });

  test('is a post that was not answered for a day; what came after it is not', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    await browser.request(6);
    browser.ways.push('is lost');
    await browser.pass();
    await browser.request(5, 2);
    await browser.pass(25 * 3_600_000);
    expect(browser.dropped).toEqual([['relay_metrics', 'expired', expect.any(Number)]]);
    expect(await requests(relay)).toBe(5);
  });

  test('nothing, where a token is refused or no relay is there: that may be mended', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    await browser.request(6);
    browser.ways.push({ status: 401 }, { status: 404 });
    for (let attempt = 0; attempt < 3; attempt++) await browser.pass();
    expect(browser.statuses.flatMap(({ failures }) => failures)).toContainEqual({
      signal: 'relay',
      status: 404,
    });
    expect(await requests(relay)).toBe(6);
    expect(browser.dropped).toEqual([]);
  });

  test('nothing, while the disk does not take the post or what is counted', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    browser.page();
    await browser.nextLookMs();
    await browser.request(6);
    const { length } = browser.posts;
    browser.isDiskFull = true;
    await browser.pass();
    browser.isDiskFull = false;
    browser.isPersistent = false;
    await browser.pass();
    expect(browser.posts).toHaveLength(length);
    browser.isPersistent = true;
    await browser.pass();
    expect(await requests(relay)).toBe(6);
  });

  test('is a post of a copied profile, which then gets an id of its own', async () => {
    const relay = await startTestRelay();
    const browser = new Browser(relay);
    const page = browser.page();
    await browser.nextLookMs();
    const copied = structuredClone(browser.book);
    for (const seed of [1, 2]) {
      await browser.request(5, seed);
      await browser.pass();
    }
    page.stop();
    browser.book = copied;
    browser.page();
    await browser.nextLookMs();
    expect(browser.dropped).toEqual([['relay_metrics', 'corrupt', expect.any(Number)]]);
    await browser.request(7, 3);
    await browser.pass();
    expect(await requests(relay)).toBe(17);
    expect(new Set(browser.posts.map(({ clientId }) => clientId)).size).toBe(2);
  });
});
