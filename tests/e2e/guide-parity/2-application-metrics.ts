/** Chapter 2: request metrics for Prometheus, errors, quality. */
import { expect } from 'vitest';
import { promtool } from '../../relay/support/prometheus-server.ts';
import { ask, json, post } from '../support/endpoint-test.ts';
import { growth, sample } from './exposition.ts';
import { CANARY, generate, goTo, test } from './guide-test.ts';

test('2.1 Request metrics: Prometheus text that promtool accepts; the gauge counts what is under way, and nobody waits', async ({
  app,
  tab,
}) => {
  const metrics = async (): Promise<string> => (await ask(tab, app, 'metrics')).text;
  const before = await metrics();
  const answer = json(await post(tab, app, { prompt: `valid ${CANARY}` }));
  const after = await metrics();
  expect(promtool(['check', 'metrics'], after)).toBe('');
  const grown = (name: string, labels = {}): number => growth([before, after], name, labels);
  const model = { model: 'shellwright-bash-116m', backend: 'wasm' };
  expect(grown('generation_requests_total', model)).toBe(1);
  const { num_tokens_generated: tokens } = answer;
  expect(grown('generation_tokens_count')).toBe(1);
  expect(grown('generation_tokens_sum')).toBe(tokens);
  expect(grown('generation_latency_seconds_count', { outcome: 'stop' })).toBe(1);
  // The queue is part of it, and 2 s, which the objective asks about, is an edge.
  expect(grown('generation_latency_seconds_sum')).toBeGreaterThanOrEqual(
    Number(answer['generation_time']) - 0.001,
  );
  for (const le of ['2', '120', '+Inf']) {
    expect(grown('generation_latency_seconds_bucket', { outcome: 'stop', le })).toBe(1);
  }

  await tab.evaluate((canary) => {
    const aborts = Array.from({ length: 3 }, () => new AbortController());
    const ended = aborts.map(({ signal }) =>
      window.shellwright.generate({ prompt: `held ${canary}`, signal }),
    );
    Object.assign(globalThis, { aborts, ended: Promise.all(ended) });
  }, CANARY);
  await expect.poll(async () => sample(await metrics(), 'active_generation_requests')).toBe(3);
  // The model is busy, and the site answers all the same.
  expect((await ask(tab, app, 'health')).status).toBe(200);
  await tab.evaluate(async () => {
    const { aborts, ended } = globalThis as unknown as {
      aborts: AbortController[];
      ended: Promise<unknown>;
    };
    for (const abort of aborts) abort.abort();
    await ended;
  });
  const last = await metrics();
  expect(sample(last, 'active_generation_requests')).toBe(0);
  expect(sample(last, 'generation_requests_total')).toBe(sample(last, 'generation_finished_total'));
  expect(growth([after, last], 'generation_finished_total', { finish_reason: 'cancelled' })).toBe(
    3,
  );
});

test('2.2 Error tracking: each kind has a status, a code and a series that was there at 0', async ({
  app,
  tab,
}) => {
  const before = (await ask(tab, app, 'metrics')).text;
  // A rate can be told from the first error on.
  expect(sample(before, 'generation_errors_total', { error_type: 'engine/device-lost' })).toBe(0);
  const refused = await post(tab, app, { prompt: CANARY, temperature: 9 });
  const oom = await post(tab, app, { prompt: `oom ${CANARY}` });
  const broken = await post(tab, app, { prompt: `broken ${CANARY}` });
  const slow = await post(tab, app, { prompt: `slow ${CANARY}` });
  const told = [refused, oom, broken].map((answer) => [answer.status, json(answer)['code']]);
  expect(told).toEqual([
    [400, 'request/invalid-parameter'],
    [503, 'engine/out-of-memory'],
    [500, 'engine/inference-failed'],
  ]);
  expect(json(refused)['field']).toBe('temperature');
  expect([slow.status, json(slow)['finish_reason']]).toEqual([200, 'timeout']);
  for (const answer of [refused, oom, broken]) expect(answer.text).not.toContain(CANARY);

  const after = (await ask(tab, app, 'metrics')).text;
  const grown = (name: string, labels = {}): number => growth([before, after], name, labels);
  for (const type of ['validation', 'oom', 'engine/inference-failed', 'timeout']) {
    expect(grown('generation_errors_total', { error_type: type }), type).toBe(1);
  }
  expect(grown('generation_errors_total')).toBe(4);
  // The same requests are in the divisor of the error rate; what was accepted of them is in the latency as well.
  expect(grown('generation_finished_total')).toBe(4);
  expect(grown('generation_latency_seconds_count', { outcome: 'error' })).toBe(2);
});

test('2.3 Quality metrics: verdicts of bash, their share in a window, and similarity once it is wanted', async ({
  app,
  tab,
}) => {
  const metrics = async (): Promise<string> => (await ask(tab, app, 'metrics')).text;
  const before = await metrics();
  await generate(tab, ['valid', 'valid', 'invalid', 'empty']);
  const after = await metrics();
  const checks = (result: string): number =>
    growth([before, after], 'generation_syntax_checks_total', { result });
  expect(['valid', 'invalid', 'empty', 'unchecked'].map(checks)).toEqual([2, 1, 1, 0]);
  const all = (result: string): number =>
    sample(after, 'generation_syntax_checks_total', { guard: 'on', result });
  expect(sample(after, 'syntax_validity_rate', { guard: 'on', window: '15m' })).toBeCloseTo(
    all('valid') / (all('valid') + all('invalid') + all('empty')),
    9,
  );

  await goTo(tab, '#/settings');
  const toggle = tab.getByRole('switch', { name: 'Measure how near scripts are' });
  await toggle.check();
  await tab.getByText('The model for it is ready.').waitFor();
  await generate(tab, ['valid']);
  await expect
    .poll(async () => growth([after, await metrics()], 'prompt_similarity_score_count'))
    .toBe(1);
  await toggle.uncheck();
  await goTo(tab, '#/write');
});
