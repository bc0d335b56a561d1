import { expect, test } from 'vitest';
import type { EndpointNews } from '../../../src/contracts/endpoint.ts';
import { generate } from '../../../src/sw/endpoints/generate.ts';
import type { TabCall } from '../../../src/sw/endpoints/tabs.ts';
import { makeRecord } from '../../fixtures/records.ts';

test('a request that the tab has given up is answered as one to be made again', async () => {
  const call: Pick<TabCall, 'send' | 'listen' | 'end'> = {
    send: () => {},
    listen: (onNews: (news: EndpointNews | null) => void) => {
      const record = makeRecord({ finishReason: 'cancelled', id: 'id-1' });
      onNews({ kind: 'accepted', id: record.id });
      onNews({ kind: 'generated', record, isDebug: false });
    },
    end: () => {},
  };
  const answer = await generate({
    request: new Request('https://app.example/generate', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ prompt: 'list files' }),
    }),
    requestId: 'request-1',
    tabs: { call: () => Promise.resolve(call as TabCall) },
    locks: {
      request: (_name: string, callback: unknown) =>
        Promise.resolve((callback as (lock: null) => Promise<unknown>)(null)),
    } as Pick<LockManager, 'request'>,
    waitUntil: () => {},
    isClientHere: () => Promise.resolve(true),
  });
  expect(answer.status).toBe(503);
  expect(answer.headers['Retry-After']).toBe('5');
  expect(JSON.parse(answer.body as string)).toMatchObject({
    status: 503,
    code: 'endpoint/interrupted',
    request_id: 'id-1',
  });
  expect(await answer.ended).toEqual({ status: 503, code: 'endpoint/interrupted' });
});
