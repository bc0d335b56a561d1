/**
 * Fifty requests with every kind of ending. What the test did, and what each request returned to its caller, is the
 * ledger; records, metrics, export, log and the Monitor page must agree with it exactly.
 */
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { failure } from '../../src/contracts/failure.ts';
import type { GenerationRecord } from '../../src/contracts/generation.ts';
import type { RequestRecord } from '../../src/contracts/request-record.ts';
import type { Rollup } from '../../src/contracts/rollup.ts';
import type { HistogramSeries, MetricsSnapshot } from '../../src/core/metrics/snapshot-shape.ts';
import { READY, type ScriptedRequest } from '../fixtures/scripted-engine/scenario.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { balanceOf, countsByOutcome, readMonitorData } from './support/monitor-data.ts';
import { getReady, test } from './support/page-test.ts';

/** In every prompt, script and stop text, and nowhere else. */
const CANARY = 'zq-canary-7391';

const REQUESTS: Readonly<Record<string, ScriptedRequest>> = {
  valid: { text: `echo ${CANARY}\nls -l\n` },
  invalid: { text: `if true; then echo ${CANARY}\n` },
  empty: { text: '# nothing here\n' },
  dangerous: { text: `rm -rf /\n# ${CANARY}\n` },
  slow: { timesOutAfterTokens: 6 },
  held: { holdAfterTokens: 4 },
  long: { generateFailure: failure('request/prompt-too-long') },
  lost: { generateFailure: failure('engine/device-lost'), losesDevice: true },
};

/** How many of each, by what is done; 50 in all with those whose tab is closed. */
const PLAN = {
  valid: 17,
  invalid: 3,
  empty: 2,
  dangerous: 2,
  length: 6,
  cancelled: 4,
  'cancelled while waiting': 2,
  timeout: 3,
  refused: 4,
  'too long': 1,
  'device lost': 2,
  'worker killed': 2,
  'tab closed': 2,
} as const;

/** The parts of an exported file that are compared. */
interface ExportedSource {
  readonly records: readonly RequestRecord[];
  readonly rollups: { readonly totals: readonly Omit<Rollup, 'resolution' | 'schemaVersion'>[] };
  readonly percentiles: readonly { readonly metric: string; readonly n: number }[];
}

/** Everything but the closed tabs; resolves to what the caller got of those that reached the engine. */
function generateAll(page: Page, plan: typeof PLAN): Promise<GenerationRecord[]> {
  return page.evaluate(
    async ({ counts, canary }) => {
      const ledger: GenerationRecord[] = [];
      const { shellwright } = window;
      const ask = async (
        kind: string,
        options: Partial<Parameters<typeof shellwright.generate>[0]> = {},
      ): Promise<void> => {
        try {
          ledger.push(
            await shellwright.generate({
              prompt: `${kind} ${canary}`,
              stop: [canary.repeat(2)],
              ...options,
            }),
          );
        } catch (error) {
          const { record } = error as { record?: GenerationRecord };
          if (record !== undefined) ledger.push(record);
        }
      };
      const repeat = async (count: number, work: (i: number) => Promise<void>): Promise<void> => {
        for (let i = 0; i < count; i++) await work(i);
      };
      await repeat(counts.valid, (i) => ask('valid', { temperature: i % 2 === 0 ? 0 : 0.7 }));
      await repeat(counts.invalid, () => ask('invalid', { top_k: 0 }));
      await repeat(counts.empty, () => ask('empty', { top_p: 1 }));
      await repeat(counts.dangerous, () => ask('dangerous'));
      await repeat(counts.length, () => ask('default', { max_tokens: 3, guard: false }));
      await repeat(counts.cancelled, async () => {
        const abort = new AbortController();
        await ask('held', {
          signal: abort.signal,
          onToken: ({ generatedTokens }) => {
            if (generatedTokens === 4) abort.abort();
          },
        });
      });
      await repeat(counts['cancelled while waiting'], async () => {
        const running = new AbortController();
        const waiting = new AbortController();
        const first = ask('held', {
          signal: running.signal,
          onToken: ({ generatedTokens }) => {
            if (generatedTokens === 2) waiting.abort();
            if (generatedTokens === 4) running.abort();
          },
        });
        await Promise.all([first, ask('valid', { signal: waiting.signal })]);
      });
      await repeat(counts.timeout, () => ask('slow'));
      await repeat(counts.refused, (i) =>
        ask('valid', i % 2 === 0 ? { top_p: 9 } : { prompt: ' ' }),
      );
      await repeat(counts['too long'], () => ask('long'));
      await repeat(counts['device lost'], () => ask('lost'));
      await repeat(counts['worker killed'], () =>
        ask('held', {
          onToken: ({ generatedTokens }) => {
            if (generatedTokens === 4) shellwright.testing?.crashWorker();
          },
        }),
      );
      return ledger;
    },
    { counts: plan, canary: CANARY },
  );
}

/** Of a tab that is there or was closed, and then perhaps found by another one already. */
const isLeftBehind = (record: RequestRecord): boolean =>
  isActive(record) || record.outcome === 'orphaned';

async function closeTabs(page: Page, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const tab = await page.context().newPage();
    await useScriptedEngine(tab, { ...READY, requests: REQUESTS });
    await tab.goto(page.url());
    await tab.waitForFunction(() => 'shellwright' in globalThis);
    await tab.evaluate(
      (prompt) =>
        new Promise<void>((resolve) => {
          void window.shellwright.generate({ prompt, onToken: () => resolve() });
        }),
      `held ${CANARY}`,
    );
    // What is closed within milliseconds of asking may never have been written, and counts as never asked.
    await expect
      .poll(async () => (await readMonitorData(page)).records.filter(isLeftBehind).length)
      .toBe(i + 1);
    await tab.close();
  }
}

/** Records keep times to the microsecond. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

function roundedTimes(record: GenerationRecord): GenerationRecord {
  const timestamps = Object.fromEntries(
    Object.entries(record.timestamps).map(([phase, ms]: [string, number | null]) => [
      phase,
      ms === null ? null : rounded(ms),
    ]),
  ) as unknown as GenerationRecord['timestamps'];
  return { ...record, timestamps, tokenGapsMs: record.tokenGapsMs.map(rounded) };
}

const isActive = ({ endedAtEpochMs }: RequestRecord): boolean => endedAtEpochMs === null;

const codePoints = (text: string): number => Array.from(text).length;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
/** As histograms keep sums: in millionths, each value rounded. */
const sumMicros = (values: readonly number[]): number =>
  sum(values.map((value) => Math.round(value * 1e6)));

function nearestRank(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? NaN;
}

function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** What every part of monitoring has to say, computed from what callers got and from what the test did. */
function expectedOf(ledger: readonly GenerationRecord[]) {
  const wrote = ledger.filter(({ tokens }) => tokens.generated > 0);
  const refused = PLAN.refused;
  const orphaned = PLAN['tab closed'];
  const errorTypes = ledger.flatMap(({ finishReason, failure: cause }) => {
    if (finishReason === 'timeout') return ['timeout'];
    if (cause === null) return [];
    return [cause.code === 'request/prompt-too-long' ? 'validation' : cause.code];
  });
  return {
    requests: ledger.length + refused + orphaned,
    outcomes: tally([
      ...ledger.map(({ finishReason }) => finishReason),
      ...Array.from({ length: refused }, () => 'error'),
      ...Array.from({ length: orphaned }, () => 'orphaned'),
    ]),
    errorTypes: tally([...errorTypes, ...Array.from({ length: refused }, () => 'validation')]),
    // A refused request was never accepted, and has none.
    latencySeconds: ledger.map(
      ({ timestamps }) => (timestamps.lastTokenMs ?? timestamps.finishedMs) / 1000,
    ),
    firstTokenSeconds: ledger.flatMap(({ timestamps }) =>
      timestamps.firstTokenMs === null ? [] : [timestamps.firstTokenMs / 1000],
    ),
    gapsSeconds: ledger.flatMap(({ tokenGapsMs }) => tokenGapsMs.map((gap) => gap / 1000)),
    generatedTokens: wrote.map(({ tokens }) => tokens.generated),
    promptTokens: ledger.flatMap(({ tokens }) => (tokens.prompt > 0 ? [tokens.prompt] : [])),
    outputChars: wrote.map(({ text }) => codePoints(text)),
    syntax: tally(wrote.map(({ syntax }) => syntax?.result ?? 'unchecked')),
    validity: { on: validityOf(wrote, true), off: validityOf(wrote, false) },
    dangers: tally(ledger.flatMap(({ dangers }) => dangers)),
  };
}

/** Of those that were written under the guard, or of the others; null where there are none. */
function validityOf(wrote: readonly GenerationRecord[], isGuarded: boolean): number | null {
  const results = wrote
    .filter(({ guard }) => guard.on === isGuarded)
    .flatMap(({ syntax }) => syntax?.result ?? []);
  const judged = results.filter((result) => result !== 'unchecked');
  return judged.length === 0
    ? null
    : judged.filter((result) => result === 'valid').length / judged.length;
}

type Expected = ReturnType<typeof expectedOf>;

function checkRecords(
  records: readonly RequestRecord[],
  ledger: readonly GenerationRecord[],
  expected: Expected,
): void {
  expect(records).toHaveLength(expected.requests);
  expect(tally(records.map(({ outcome }) => outcome ?? 'active'))).toEqual(expected.outcomes);
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const written of ledger) {
    const record = byId.get(written.id);
    expect(record).toMatchObject({
      acceptedAtEpochMs: written.acceptedAtEpochMs,
      outcome: written.finishReason,
      engine: written.engine,
      tokens: written.tokens,
      timestamps: written.timestamps,
      tokenGapsMs: written.tokenGapsMs,
      guard: written.guard,
      syntax: written.syntax,
      dangers: written.dangers,
      promptChars: codePoints(written.prompt),
      outputChars: codePoints(written.text),
      isSuspended: false,
    });
    expect(record?.failure?.code).toBe(written.failure?.code);
    expect(record?.parameters).toMatchObject({
      temperature: written.parameters.temperature,
      stopCount: 1,
    });
  }
}

function checkMetrics({ metrics }: MetricsSnapshot, expected: Expected): void {
  const counts = (name: keyof typeof metrics, label: string): Record<string, number> => {
    const family = metrics[name];
    if (family.type === 'histogram') throw new Error(`${name} is a histogram`);
    const found: Record<string, number> = {};
    for (const { labels, value } of family.series) {
      const key = labels[label] ?? '';
      if (value !== null && value > 0) found[key] = (found[key] ?? 0) + value;
    }
    return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const all = (name: keyof typeof metrics): number => sum(Object.values(counts(name, '-')));
  expect(all('generation_requests_total')).toBe(expected.requests);
  expect(counts('generation_finished_total', 'finish_reason')).toEqual(expected.outcomes);
  expect(all('active_generation_requests')).toBe(0);
  expect(counts('generation_errors_total', 'error_type')).toEqual(expected.errorTypes);
  expect(counts('generation_syntax_checks_total', 'result')).toEqual(expected.syntax);
  expect(counts('generation_dangers_total', 'rule')).toEqual(expected.dangers);
  expect(all('device_lost_total')).toBe(PLAN['device lost']);
  expect(all('worker_restarts_total')).toBe(PLAN['worker killed']);
  expect(all('clock_suspend_total')).toBe(0);
  expect(all('telemetry_dropped_total')).toBe(0);
  const validity = metrics.syntax_validity_rate;
  if (validity.type === 'histogram') throw new Error('the validity rate is a gauge');
  for (const { labels, value } of validity.series) {
    expect(value, labels['guard']).toBe(expected.validity[labels['guard'] === 'on' ? 'on' : 'off']);
  }
  const checkHistogram = (name: keyof typeof metrics, values: readonly number[]): void => {
    const family = metrics[name];
    if (family.type !== 'histogram') throw new Error(`${name} is no histogram`);
    const series: readonly HistogramSeries[] = family.series;
    expect(sum(series.map(({ count }) => count)), name).toBe(values.length);
    expect(Math.round(sum(series.map((one) => one.sum * 1e6))), name).toBe(sumMicros(values));
    const { overall } = family;
    for (const { le, count } of overall.buckets) {
      const under = values.filter((value) => le === '+Inf' || value <= le).length;
      expect(count, `${name} up to ${le}`).toBe(under);
    }
    for (const [estimate, share] of [
      [overall.p50, 0.5],
      [overall.p95, 0.95],
    ] as const) {
      const exact = nearestRank(values, share);
      expect(Math.abs((estimate ?? NaN) - exact), name).toBeLessThanOrEqual(0.011 * exact);
    }
  };
  checkHistogram('generation_latency_seconds', expected.latencySeconds);
  checkHistogram('time_to_first_token_seconds', expected.firstTokenSeconds);
  checkHistogram('inter_token_latency_seconds', expected.gapsSeconds);
  checkHistogram('generation_tokens', expected.generatedTokens);
  checkHistogram('request_prompt_tokens', expected.promptTokens);
  checkHistogram('output_length_chars', expected.outputChars);
}

/** What a figure of the Monitor page copies as CSV, by its first column. */
async function copied(page: Page, figure: string): Promise<ReadonlyMap<string, readonly string[]>> {
  await page.getByRole('button', { name: `Copy ${figure} as CSV` }).click();
  await page.getByLabel('Notes').getByText(`${figure} copied as CSV.`).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  return new Map(
    text
      .trim()
      .split(/\r?\n/u)
      .map((line) => line.split(','))
      .map(([name = '', ...cells]) => [name, cells] as const),
  );
}

async function checkPage(page: Page, expected: Expected): Promise<void> {
  await page.getByRole('link', { name: 'Monitor' }).click();
  const endings = page.getByRole('figure', { name: 'Endings' }).locator('.summary');
  const words: Readonly<Record<string, string>> = {
    stop: 'finished',
    length: 'at the token limit',
    cancelled: 'stopped',
    timeout: 'at the time limit',
    error: 'failed',
    orphaned: 'left by a closed page',
  };
  const parts = Object.entries(words).map(
    ([outcome, word]) => `${expected.outcomes[outcome] ?? 0} ${word}`,
  );
  await expect
    .poll(() => endings.innerText())
    .toBe(`${expected.requests} requests ended: ${parts.join(', ')}.`);
  const percentiles = await copied(page, 'Percentiles');
  for (const [name, values] of [
    ['Latency', expected.latencySeconds],
    ['First token', expected.firstTokenSeconds],
    ['Between two tokens', expected.gapsSeconds],
  ] as const) {
    const [, n, p50, p95, p99, max] = percentiles.get(name) ?? [];
    expect(Number(n), name).toBe(values.length);
    expect(Number(p50), name).toBe(nearestRank(values, 0.5));
    expect(Number(p95), name).toBe(nearestRank(values, 0.95));
    expect(p99, name).toBe(values.length < 100 ? '' : String(nearestRank(values, 0.99)));
    expect(Number(max), name).toBe(Math.max(...values));
  }
  for (const [figure, counts] of [
    ['Errors', expected.errorTypes],
    ['Dangerous commands', expected.dangers],
  ] as const) {
    const [, ...rows] = await copied(page, figure);
    expect(Object.fromEntries(rows.map(([label, [count]]) => [label, Number(count)]))).toEqual(
      counts,
    );
  }
}

test('fifty requests with every ending: all figures agree with what was done', async ({ open }) => {
  const page = await open({ scenario: { requests: REQUESTS }, address: '?testing' });
  await getReady(page);
  const ledger = (await generateAll(page, PLAN)).map(roundedTimes);
  await closeTabs(page, PLAN['tab closed']);
  const expected = expectedOf(ledger);
  expect(expected.requests).toBe(sum(Object.values(PLAN)) + PLAN['cancelled while waiting']);
  // A page that opens closes what the others have left.
  await page.reload();
  await expect
    .poll(async () => balanceOf(await readMonitorData(page)).active, { timeout: 60_000 })
    .toBe(0);

  const data = await readMonitorData(page);
  expect(balanceOf(data)).toEqual({
    requests: expected.requests,
    finished: expected.outcomes,
    active: 0,
  });
  expect(
    countsByOutcome(
      data.rollups,
      'generation_syntax_checks_total{guard="on",result="valid"}',
      'hour',
    ),
  ).toEqual(
    countsByOutcome(
      data.rollups,
      'generation_syntax_checks_total{guard="on",result="valid"}',
      'minute',
    ),
  );
  checkRecords(data.records, ledger, expected);
  const records = await page.evaluate(() => window.shellwright.records({ limit: 1000 }));
  checkRecords(records, ledger, expected);
  const metrics = await page.evaluate(() => window.shellwright.metrics());
  checkMetrics(metrics, expected);

  const text = await page.evaluate(() => window.shellwright.exportMetrics({ records: true }));
  const { sources } = JSON.parse(text) as { readonly sources: readonly ExportedSource[] };
  const file = sources[0];
  if (file === undefined || sources.length > 1) throw new Error('not one source');
  checkRecords(file.records, ledger, expected);
  expect(
    countsByOutcome(
      file.rollups.totals.map((row) => ({ ...row, schemaVersion: 1, resolution: 'total' })),
      'generation_finished_total',
    ),
  ).toEqual(expected.outcomes);
  const latency = file.percentiles.find(({ metric }) => metric === 'generation_latency_seconds');
  expect(latency?.n).toBe(expected.latencySeconds.length);
  await checkPage(page, expected);

  // Content is in the history alone, and leaves it only when asked for.
  const again = await readMonitorData(page);
  expect(again.logs.length).toBeGreaterThan(ledger.length);
  for (const kept of [again, records, metrics, text]) {
    expect(JSON.stringify(kept).includes(CANARY)).toBe(false);
  }
  const asked = await page.evaluate(() =>
    window.shellwright.exportMetrics({ records: true, content: true }),
  );
  expect(asked.includes(CANARY)).toBe(true);
});
