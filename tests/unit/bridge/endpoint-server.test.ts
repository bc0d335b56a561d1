import { describe, expect, test, vi } from 'vitest';
import { EndpointServer, type AbandonedRequest } from '../../../src/bridge/endpoint-server.ts';
import type { EndpointCall } from '../../../src/contracts/endpoint.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { makeRecord } from '../../fixtures/records.ts';

const CALL_LOCK = 'shellwright-call-1';

/** A tab that is at one generation; `release` is the service worker's end, or its letting go of the request. */
async function setUp() {
  let release = (): void => {};
  const request = (name: string, ...others: unknown[]): Promise<unknown> => {
    const callback = others.at(-1) as (lock: object) => unknown;
    if (name !== CALL_LOCK) return Promise.resolve(callback({}));
    return new Promise((resolve) => {
      release = () => {
        resolve(callback({}));
      };
    });
  };
  const onAbandoned = vi.fn<(request: AbandonedRequest) => void>();
  const server = new EndpointServer({
    locks: { request } as Pick<LockManager, 'request'>,
    newId: () => 'tab-1',
    engine: () => null,
    isDebug: () => false,
    generate: (_input, hooks) => {
      hooks.onAccepted?.({ id: 'id-1', acceptedAtEpochMs: 0, acceptedAtMs: 0 });
      return new Promise((resolve) => {
        hooks.signal?.addEventListener('abort', () =>
          resolve({ record: makeRecord({ finishReason: 'cancelled' }) }),
        );
      });
    },
    refuse: () => {},
    checkHealth: () => Promise.reject(new Error('not asked')),
    standing: () => Promise.reject(new Error('not asked')),
    onAbandoned,
    now: () => 5,
  });
  const port = { postMessage: vi.fn(), onmessage: null } as unknown as MessagePort;
  await server.answer(port);
  const say = (data: EndpointCall): unknown => port.onmessage?.({ data } as MessageEvent);
  say({
    kind: 'generate',
    prompt: 'list files',
    parameters: DEFAULT_PARAMETERS,
    streams: false,
    lock: CALL_LOCK,
    path: '/generate',
  });
  return { say, release: () => release(), onAbandoned };
}

describe('a request that nobody waits for any more', () => {
  test('has its line written here where the service worker has been stopped', async () => {
    const { release, onAbandoned } = await setUp();
    release();
    const line = { id: 'id-1', path: '/generate', durationMs: 0 };
    expect(onAbandoned).toHaveBeenCalledExactlyOnceWith(line);
  });

  test('has none here where the service worker has cancelled it, which writes its own', async () => {
    const { say, release, onAbandoned } = await setUp();
    say({ kind: 'cancel' });
    release();
    expect(onAbandoned).not.toHaveBeenCalled();
  });
});
