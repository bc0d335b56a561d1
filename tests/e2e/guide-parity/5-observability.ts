/** Chapter 5: Grafana, tracing, the product's own dashboard. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { servePrometheus, testFolder } from '../../relay/support/prometheus-server.ts';
import { BUSY_MACHINE_TIMEOUT_MS } from '../support/app-test.ts';
import { ask } from '../support/endpoint-test.ts';
import { passUntil } from '../support/pass-until.ts';
import { seriousViolations } from '../support/page-test.ts';
import { PANELS, queriesOf } from './dashboard-file.ts';
import { sample } from './exposition.ts';
import { CANARY, generate, goTo, refuse, summaryOf, test } from './guide-test.ts';
import { attributeOf, startCollector } from './otlp-collector.ts';

/** Of the panels that the guide asks for, and of those whose metrics it has but does not show. */
const GUIDE_PANELS = [
  'Request rate',
  'Error ratio',
  'Latency',
  'Tokens generated',
  'Decode speed p50',
  'Syntax validity',
  'Active requests',
  'Memory and storage',
];

test('5.1 Grafana: a real Prometheus has data for the panels, and none for the quantile of the guide', async ({
  app,
  tab,
}) => {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    void ask(tab, app, 'metrics').then(({ text }) => {
      scrapes += 1;
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const prometheus = await servePrometheus(
    testFolder(),
    `scrape_configs:
  - job_name: shellwright
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{ targets: ['127.0.0.1:${(server.address() as AddressInfo).port}'] }]
`,
  );
  await expect.poll(() => scrapes).toBeGreaterThanOrEqual(2);
  await generate(tab, ['long', 'valid', 'invalid']);
  await refuse(tab, 1);
  const seen = scrapes;
  // One of them may have been under way.
  await expect.poll(() => scrapes).toBeGreaterThanOrEqual(seen + 3);

  const now = Date.now();
  for (const title of GUIDE_PANELS) {
    const shown = PANELS.filter((panel) => panel.title === title);
    expect(shown.length, title).toBeGreaterThan(0);
    for (const query of shown.flatMap((panel) => queriesOf(panel, '60s'))) {
      const values = [...(await prometheus.query(query, now)).values()];
      expect(values.some(Number.isFinite), `${title}: ${query}`).toBe(true);
    }
  }
  // A scrape that took too long for Prometheus was answered all the same.
  const [ratio] = PANELS.filter(({ title }) => title === 'Error ratio')
    .slice(0, 1)
    .flatMap((panel) => queriesOf(panel, '60s'));
  // One of four, in the window or with what else was counted in it: a share, not errors a second.
  await expect
    .poll(async () => [...(await prometheus.query(ratio ?? '', Date.now())).values()][0])
    .toSatisfy((share: number | undefined) => share !== undefined && share > 0 && share < 1);
  const ofGuide = await prometheus.query(
    'histogram_quantile(0.95, generation_latency_seconds)',
    now,
  );
  expect(ofGuide.size).toBe(0);
});

test('5.2 Tracing: spans of each phase go to a Collector by OTLP, and are drawn in the page', async ({
  app,
  openPage,
}) => {
  const collector = await startCollector();
  const page = await openPage(`${app.url}#/settings`, { hasClock: true });
  await page.getByLabel('Address of the receiver').fill(collector.url);
  await page.getByLabel('Address of the receiver').press('Tab');
  await page.getByRole('switch', { name: 'Send what is measured to a receiver' }).check();
  // Lines that are written before it is known from when on to send stay here, and none would come after these.
  await page.waitForFunction(() => localStorage.getItem('shellwright.otlp')?.includes('"logs"'));
  await page.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
  await passUntil(page, 15_000, () =>
    collector.bodies.some((body) => body.includes('resourceLogs')),
  );
  const [id = ''] = await generate(page, ['valid']);
  // What may still change is not sent: a similarity, for instance, comes later.
  await passUntil(page, 60_000, () => collector.resourceSpans.length > 0);
  const [sent] = collector.resourceSpans;
  if (sent === undefined) throw new Error('no spans');
  expect(attributeOf(sent.resource, 'service.name')).toBe('shellwright');
  const spans = sent.scopeSpans.flatMap((scope) => scope.spans);
  const [root, ...phases] = spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
  expect(root?.name).toBe('text_completion shellwright-bash-116m');
  expect(root?.status.code).toBe(1);
  if (root === undefined) throw new Error('no root span');
  expect(attributeOf(root, 'gen_ai.request.temperature')).toBe(0);
  expect(attributeOf(root, 'gen_ai.usage.input_tokens')).toBe('24');
  expect(phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['queue', 'tokenize', 'prefill', 'decode', 'check']),
  );
  for (const { parentSpanId, startTimeUnixNano, endTimeUnixNano } of phases) {
    expect(parentSpanId).toBe(root.spanId);
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  }
  expect(collector.bodies.join()).not.toContain(CANARY);

  await goTo(page, `#/requests`);
  await page.getByRole('row').nth(1).getByRole('link').click();
  const detail = page.getByRole('region', { name: /finished/u });
  for (const name of ['queue', 'tokenize', 'prefill', 'decode']) {
    await detail.getByText(name, { exact: true }).first().waitFor();
  }
});

test('5.3 Dashboard: /dashboard is live, judges by what was measured, and can be read by everybody', async ({
  app,
  openPage,
  tab,
}) => {
  await refuse(tab, 20);
  const page = await tab.context().newPage();
  onTestFinished(() => page.close());
  await page.goto(`${app.url}dashboard`);
  expect(page.url()).toBe(`${app.url}#/monitor`);
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(await page.locator('meta[name=viewport]').count()).toBe(1);
  await page.getByText(/^Degraded: .*error rate \d[\d.]* % > 1 %/u).waitFor();
  const ended = async (): Promise<number> =>
    Number(/^(\d+) requests ended/u.exec(await summaryOf(page, 'Endings'))?.[1]);
  const { text } = await ask(tab, app, 'metrics');
  const before = sample(text, 'generation_finished_total');
  // The page looks less often where looking takes long.
  const patience = { timeout: BUSY_MACHINE_TIMEOUT_MS };
  await expect.poll(ended, patience).toBe(before);
  await generate(tab, ['valid']);
  // It is the same document all the while.
  await expect.poll(ended, patience).toBe(before + 1);
  await page.getByRole('figure', { name: 'Percentiles' }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);

  const unused = await openPage(`${app.url}#/monitor`);
  await unused.getByText('Nothing has been measured yet').waitFor();
  expect(await unused.getByText(/^Healthy/u).count()).toBe(0);
});
