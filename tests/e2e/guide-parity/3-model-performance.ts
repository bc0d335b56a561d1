/** Chapter 3: tokens, sampling parameters, output lengths. */
import { expect } from 'vitest';
import { ask, post } from '../support/endpoint-test.ts';
import { readMonitorData } from '../support/monitor-data.ts';
import { growth } from './exposition.ts';
import { CANARY, generate, goTo, summaryOf, test } from './guide-test.ts';

test('3.1 Token statistics: prompt and output add up, and the speed leaves the prompt out', async ({
  app,
  tab,
}) => {
  const before = (await ask(tab, app, 'metrics')).text;
  const [id = ''] = await generate(tab, ['long']);
  const after = (await ask(tab, app, 'metrics')).text;
  const { records } = await readMonitorData(tab);
  const record = records.find((known) => known.id === id);
  const { prompt = 0, generated = 0 } = record?.tokens ?? {};
  expect(generated).toBeGreaterThan(20);
  for (const [name, tokens] of [
    ['request_prompt_tokens_sum', prompt],
    ['generation_tokens_sum', generated],
    ['request_total_tokens_sum', prompt + generated],
  ] as const) {
    expect(growth([before, after], name), name).toBe(tokens);
  }
  const { firstTokenMs, lastTokenMs } = record?.timestamps ?? {};
  const decodeSeconds = ((lastTokenMs ?? NaN) - (firstTokenMs ?? NaN)) / 1000;
  const rate = (generated - 1) / decodeSeconds;
  expect(growth([before, after], 'generation_tokens_per_second_sum')).toBeCloseTo(rate, 3);
  const endedFields = async () => {
    const { logs } = await readMonitorData(tab);
    const trace = id.replaceAll('-', '');
    return logs.find(({ message, traceId }) => message === 'request ended' && traceId === trace)
      ?.fields;
  };
  await expect.poll(endedFields).toMatchObject({
    promptTokens: prompt,
    generatedTokens: generated,
    totalTokens: prompt + generated,
    tokensPerSecond: expect.closeTo(rate, 0) as number,
  });
});

test('3.2 Sampling parameters: greedy and off are ranges of their own, top_p counts, refused requests do not', async ({
  app,
  tab,
}) => {
  const before = (await ask(tab, app, 'metrics')).text;
  for (const parameters of [
    { temperature: 0, top_k: 0, top_p: 1 },
    { temperature: 0.4, top_k: 10, top_p: 0.4 },
    { temperature: 0.7, top_k: 50, top_p: 0.7 },
    { temperature: 1.2, top_k: 100, top_p: 0.95 },
  ]) {
    expect((await post(tab, app, { prompt: `valid ${CANARY}`, ...parameters })).status).toBe(200);
  }
  for (const wrong of [{ temperature: null }, { top_k: -1 }, { top_p: 0 }]) {
    expect((await post(tab, app, { prompt: `valid ${CANARY}`, ...wrong })).status).toBe(400);
  }
  const after = (await ask(tab, app, 'metrics')).text;
  const used = (parameter: string, range: string): number =>
    growth([before, after], 'sampling_parameters_total', { parameter, value_range: range });
  expect(['greedy', 'low', 'medium', 'high'].map((range) => used('temperature', range))).toEqual([
    1, 1, 1, 1,
  ]);
  for (const parameter of ['top_k', 'top_p']) {
    const counts = ['off', 'low', 'medium', 'high'].map((range) => used(parameter, range));
    expect(counts, parameter).toEqual([1, 1, 1, 1]);
  }
  await goTo(tab, '#/monitor');
  await expect
    .poll(() => summaryOf(tab, 'Sampling parameters'))
    .toMatch(/temperature is .*; top_k is .*; top_p is /u);
  await goTo(tab, '#/write');
});

test('3.3 Output length: characters as people count them, of what the model wrote', async ({
  app,
  tab,
}) => {
  const before = (await ask(tab, app, 'metrics')).text;
  await generate(tab, ['unicode']);
  const after = (await ask(tab, app, 'metrics')).text;
  // `echo 'é🙂'` and a line break: 10 code points and one, which are 12 units of UTF-16 and 15 bytes of UTF-8.
  expect(growth([before, after], 'output_length_chars_sum')).toBe(10);
  expect(growth([before, after], 'output_length_chars_count')).toBe(1);
  expect(growth([before, after], 'output_length_chars_bucket', { le: '10' })).toBe(1);
  await goTo(tab, '#/monitor');
  await expect.poll(() => summaryOf(tab, 'Output length')).toMatch(/^p50 .*, n = \d+\.$/u);
  await goTo(tab, '#/write');
});
