/** The guide's closing checklist and its table of key metrics: what the chapters showed one by one, as an operator uses it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { METRIC_TABLE } from '../../../src/core/metrics/metric-table.ts';
import { startMailServer } from '../../relay/support/mail-server.ts';
import { promtool, servePrometheus, testFolder } from '../../relay/support/prometheus-server.ts';
import { startSlack } from '../../relay/support/slack-stand-in.ts';
import { askUntilSaid } from '../support/delivery-log.ts';
import { ask } from '../support/endpoint-test.ts';
import { readMonitorData } from '../support/monitor-data.ts';
import { DASHBOARD_UID, PANELS, queriesOf } from './dashboard-file.ts';
import { sample } from './exposition.ts';
import { generate, goTo, refuse, summaryOf, test } from './guide-test.ts';

const SECRET = 'a-secret-for-prometheus';

test('Checklist 1, health checks: the Health page says what the endpoint does, with the reason', async ({
  app,
  openPage,
}) => {
  const page = await openPage(`${app.url}#/health`);
  await page.getByRole('heading', { name: 'Unhealthy' }).waitFor();
  await page.getByText('engine/not-loaded').waitFor();
  await page.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
  await page.getByRole('heading', { name: 'Healthy', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Run the deep check' }).click();
  await page.getByText(/\d+ ms, 4 tokens/u).waitFor();
  await page.getByText('given again').waitFor();
});

test('Checklist 2, request logging: every request has one closing line, with its time', async ({
  app,
  openPage,
}) => {
  const page = await openPage(app.url);
  await generate(page, ['valid', 'invalid', 'slow', 'oom']).catch(() => []);
  await refuse(page, 2);
  const closing = ['request ended', 'request refused'];
  await expect
    .poll(async () => {
      const { logs } = await readMonitorData(page);
      return logs.filter(({ message }) => closing.includes(message)).length;
    })
    .toBe(6);
  const { logs, records } = await readMonitorData(page);
  expect(records).toHaveLength(6);
  for (const { id, outcome, parameters } of records) {
    const trace = id.replaceAll('-', '');
    const lines = logs.filter(
      ({ message, traceId }) => closing.includes(message) && traceId === trace,
    );
    expect(lines, String(outcome)).toHaveLength(1);
    // What was refused at once took no time.
    if (parameters !== null) expect(lines[0]?.fields['latencyMs']).toBeGreaterThan(0);
  }
});

test('Checklist 3, metrics: Prometheus scrapes, with the relay’s secret, what a page has counted', async ({
  openPage,
  serve,
}) => {
  const site = await serve({ RELAY_METRICS_TOKEN: SECRET });
  expect((await fetch(`${site.url}metrics`)).status).toBe(401);
  const prometheus = await servePrometheus(
    testFolder(),
    `scrape_configs:
  - job_name: relay
    scrape_interval: 1s
    scrape_timeout: 1s
    authorization: { credentials: ${SECRET} }
    static_configs: [{ targets: ['${new URL(site.url).host}'] }]
`,
  );
  const page = await openPage(`${site.url}#/settings`);
  await page.getByRole('switch', { name: 'Tell the relay what is counted' }).check();
  await page.getByText('Sent last at').waitFor();
  await generate(page, ['valid', 'valid', 'invalid']);
  await refuse(page, 1);
  // A page that may be about to go tells the rest.
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  const told = async (query: string): Promise<number | undefined> =>
    [...(await prometheus.query(query, Date.now())).values()][0];
  await expect.poll(() => told('sum(generation_finished_total)')).toBe(4);
  await expect.poll(() => told('max(up{job="relay"})')).toBe(1);
  await expect
    .poll(() => told('sum(generation_errors_total) / sum(generation_finished_total)'))
    .toBe(0.25);
});

test('Checklist 4, errors: they are on the Monitor page by kind, and their alert on every page', async ({
  app,
  openPage,
}) => {
  const page = await openPage(app.url, { hasClock: true });
  await refuse(page, 12);
  await page.clock.fastForward(15_000);
  const bar = page.getByRole('navigation', { name: 'Pages' });
  await bar.getByRole('link', { name: /^Alerts \d+ firing/u }).waitFor();
  await goTo(page, '#/monitor');
  await page.getByRole('heading', { name: /alerts? fires?/u }).waitFor();
  await expect
    .poll(() => summaryOf(page, 'Errors'))
    .toBe('12 of 12 requests failed, most by validation.');
});

test('Checklist 5, quality: the share of valid scripts with n, held against its target', async ({
  app,
  openPage,
}) => {
  const page = await openPage(app.url);
  const prompts = Array.from({ length: 20 }, (_, at) => (at % 10 === 0 ? 'invalid' : 'valid'));
  await generate(page, prompts);
  await goTo(page, '#/monitor');
  const row = page.getByRole('row', { name: /^Syntax validity/u });
  await row.getByText('met').waitFor();
  expect(await row.innerText()).toMatch(/90(?:\.0)? %\s+> 85 %\s+20\s+1 h/u);
});

test('Checklist 6, alerts: a test alert arrives in Slack and by e-mail, and the page says so', async ({
  app,
  openPage,
  serve,
}) => {
  const slack = await startSlack();
  const mail = await startMailServer();
  const site = await serve({ ...slack.environment, ...mail.environment });
  const page = await openPage(`${site.url}#/alerts?view=delivery`);
  await page.getByText('The relay passes alerts on to Slack, e-mail.').waitFor();
  await page.getByRole('button', { name: 'Send a test alert' }).click();
  await expect.poll(() => [slack.taken.length, mail.mailbox.length]).toEqual([1, 1]);
  await askUntilSaid(page, 'Test alert', ['Slack: arrived, HTTP 200', 'e-mail: arrived, SMTP 250']);

  // Where nothing is set, that is said as well.
  const nobody = await openPage(`${app.url}#/alerts?view=delivery`);
  await nobody.getByText(/passes alerts on to nobody/u).waitFor();
});

test('Checklist 7, dashboard: the file can be imported, and promtool reads every query', () => {
  expect(DASHBOARD_UID).toBe('shellwright');
  expect(PANELS.length).toBeGreaterThan(10);
  for (const { type, title, datasource, gridPos, targets = [], fieldConfig } of PANELS) {
    expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
    expect(gridPos.w * gridPos.h, title).toBeGreaterThan(0);
    // A heatmap has its unit on the axis.
    if (type !== 'heatmap') expect(fieldConfig?.defaults.unit, title).toBeDefined();
    const refIds = targets.map(({ refId }) => refId);
    expect(new Set(refIds).size, title).toBe(refIds.length);
  }
  const rules = PANELS.flatMap((panel) => queriesOf(panel, '5m')).map((expr, at) => ({
    record: `panel:query:${at}`,
    expr,
  }));
  const file = join(testFolder(), 'queries.json');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(promtool(['check', 'rules', file])).toContain(`SUCCESS: ${rules.length} rules found`);
});

test('Checklist 8, debugging: a request, its phases, its log lines and what debug mode adds, in one view', async ({
  app,
  openPage,
}) => {
  const page = await openPage(`${app.url}#/settings`);
  await page.getByRole('switch', { name: 'Record more of each request' }).check();
  const [id = ''] = await generate(page, ['valid']);
  await goTo(page, '#/requests');
  await page.getByRole('row').nth(1).getByRole('link').click();
  const detail = page.getByRole('region', { name: /finished/u });
  for (const name of ['Time', 'Verdict', 'Parameters', 'Debug mode', 'Log lines']) {
    await detail.getByRole('heading', { name, exact: true }).waitFor();
  }
  await detail.getByText('Total processing time').waitFor();
  await detail.getByText('request ended').waitFor();
  const { logs } = await readMonitorData(page);
  const own = logs.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
  expect(own.map(({ message }) => message)).toContain('request detail');
});

test('Key metrics: each of the six has a type that fits, and a target with a window', async ({
  app,
  openPage,
  tab,
}) => {
  expect(METRIC_TABLE.generation_requests_total.type).toBe('counter');
  expect(METRIC_TABLE.generation_latency_seconds.type).toBe('histogram');
  expect(METRIC_TABLE.generation_errors_total.type).toBe('counter');
  for (const name of [
    'syntax_validity_rate',
    'active_generation_requests',
    'memory_used_ratio',
  ] as const) {
    expect(METRIC_TABLE[name].type).toBe('gauge');
  }
  const { text } = await ask(tab, app, 'metrics');
  const memory = sample(text, 'memory_used_ratio');
  expect(memory).toBeGreaterThan(0);
  expect(memory).toBeLessThan(1);

  const page = await openPage(app.url);
  await generate(page, ['valid']);
  await goTo(page, '#/monitor?window=6h');
  for (const [name, target] of [
    ['p95 latency', '< 2 s'],
    ['Error rate', '< 1 %'],
    ['Syntax validity', '> 85 %'],
    ['Active requests', '< 100'],
    ['Memory used', '< 80 %'],
  ] as const) {
    const row = page.getByRole('row', { name: new RegExp(`^${name}`, 'u') });
    await row.getByText(target).waitFor();
    await row.getByText('6 h', { exact: true }).waitFor();
  }
});
