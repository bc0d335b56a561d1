/** Chapter 6: structured logs, debug mode. */
import { readFile } from 'node:fs/promises';
import { expect, onTestFinished } from 'vitest';
import { json, post } from '../support/endpoint-test.ts';
import { CANARY, generate, goTo, refuse, test } from './guide-test.ts';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly module: string;
  readonly trace_id: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

test('6.1 Structured logs: one JSON object a line, each event once, with its trace', async ({
  app,
  tab,
}) => {
  const ids = await generate(tab, ['valid', 'invalid']);
  await refuse(tab, 1);
  const page = await tab.context().newPage();
  onTestFinished(() => page.close());
  await page.goto(`${app.url}#/logs`);
  await page.getByText('request refused').first().waitFor();
  const save = async (): Promise<string> => {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'NDJSON' }).click();
    return readFile(await (await saving).path(), 'utf8');
  };
  const linesOf = (saved: string): readonly Line[] =>
    saved
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  const lastTrace = ids.at(-1)?.replaceAll('-', '');
  let text = '';
  // They are written together, a moment after the request.
  await expect
    .poll(async () => {
      text = await save();
      return linesOf(text).some(
        ({ message, trace_id: trace }) => message === 'request ended' && trace === lastTrace,
      );
    })
    .toBe(true);
  const lines = linesOf(text);
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(['time', 'level', 'message', 'module', 'trace_id', 'fields']);
    expect(new Date(line.time).toISOString()).toBe(line.time);
    expect(['debug', 'info', 'warn', 'error']).toContain(line.level);
  }
  for (const id of ids) {
    const own = lines.filter(({ trace_id: trace }) => trace === id.replaceAll('-', ''));
    for (const message of ['request accepted', 'request ended']) {
      expect(own.filter((line) => line.message === message).length, message).toBe(1);
    }
  }
  expect(
    lines.some(({ level, message }) => level === 'warn' && message === 'request refused'),
  ).toBe(true);
  expect(text).not.toContain(CANARY);
});

test('6.2 Debug mode: switched on and off in the page, from the next request on', async ({
  app,
  tab,
}) => {
  const request = { prompt: `valid ${CANARY}`, temperature: 0.7, top_k: 7, top_p: 0.9 };
  const debugOf = async (): Promise<unknown> => json(await post(tab, app, request))['debug'];
  expect(await debugOf()).toBeUndefined();
  await goTo(tab, '#/settings');
  const toggle = tab.getByRole('switch', { name: 'Record more of each request' });
  await toggle.check();
  expect(await debugOf()).toMatchObject({
    input_tokens: 24,
    model_config: { vocab_size: 16_384, n_layers: 30, d_model: 576 },
    sampling_params: { temperature: 0.7, top_k: 7, top_p: 0.9 },
    total_processing_time: expect.any(Number) as number,
  });
  await toggle.uncheck();
  expect(await debugOf()).toBeUndefined();
  await goTo(tab, '#/write');
});
