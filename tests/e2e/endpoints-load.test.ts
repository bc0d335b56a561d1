/** Many requests of every kind at once, while the model writes: none is lost, none is answered twice. */
import { expect } from 'vitest';
import { openClient, test } from './support/endpoint-test.ts';
import { balanceOf, readMonitorData } from './support/monitor-data.ts';

const REQUESTS = 200;
const PARALLEL = 20;
const PATHS = ['health', 'generate', 'metrics', 'health', 'health/detailed', 'metrics/uptime'];

interface Outcome {
  readonly path: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly prompt: string;
  readonly text: string;
}

test('200 requests, 20 at once: one answer each, each generation its own prompt', async ({
  context,
  scriptedSite,
  openTab,
}) => {
  const site = await scriptedSite();
  const tab = await openTab(site);
  const client = await openClient(context, site);
  const outcomes = await client.evaluate(
    async ({ url, requests, parallel, paths }) => {
      const answers: Outcome[] = [];
      let sent = 0;
      const work = async (): Promise<void> => {
        while (sent < requests) {
          const path = paths[sent % paths.length] ?? '';
          const prompt = `list part ${sent}`;
          sent += 1;
          const response = await fetch(
            url + path,
            path === 'generate'
              ? {
                  method: 'POST',
                  headers: { 'Content-Type': 'application/json' },
                  body: JSON.stringify({ prompt, max_length: 6 }),
                }
              : {},
          );
          answers.push({
            path,
            status: response.status,
            requestId: response.headers.get('X-Request-Id'),
            prompt,
            text: await response.text(),
          });
        }
      };
      await Promise.all(Array.from({ length: parallel }, work));
      return answers;
    },
    { url: site.url, requests: REQUESTS, parallel: PARALLEL, paths: PATHS },
  );

  expect(outcomes).toHaveLength(REQUESTS);
  expect(outcomes.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(outcomes.map(({ requestId }) => requestId)).size).toBe(REQUESTS);
  const generations = outcomes.filter(({ path }) => path === 'generate');
  for (const { text, prompt, requestId } of generations) {
    expect(JSON.parse(text)).toMatchObject({ prompt, id: requestId });
  }
  // Exactly those were counted, each once; a scrape after them has them all.
  const ids = (rows: readonly { readonly id: string }[]): string[] =>
    rows.map(({ id }) => id).sort();
  await expect
    .poll(async () => ids((await readMonitorData(tab)).records))
    .toEqual(generations.map(({ requestId }) => requestId ?? '').sort());
  const scrape = await client.evaluate(
    async (url) => (await fetch(url)).text(),
    `${site.url}metrics`,
  );
  const counted = [...scrape.matchAll(/^generation_requests_total\{.*\} (\d+)$/gmu)];
  expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(generations.length);
  balanceOf(await readMonitorData(tab));
});
