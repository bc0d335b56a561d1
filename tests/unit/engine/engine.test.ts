/** The engine's own order of things, with models that do what the test says. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EngineEvent, LoadOptions, LoadReport } from '../../../src/contracts/engine.ts';
import type { GenerationRequest } from '../../../src/contracts/generation.ts';
import { unstartedOutcome } from '../../../src/core/generation/unstarted-outcome.ts';
import { Engine, type LoadModel } from '../../../src/engine/engine.ts';
import type { LoadHooks, TextModel } from '../../../src/engine/text-model.ts';

const options = { backend: 'webgpu' } as LoadOptions;
const request = { id: 'id-1' } as GenerationRequest;
const settle = () => new Promise((resolve) => setTimeout(resolve));

/** Each load waits until the test lets it end; `release` is what freeing a model waits for. */
function setUp(release: () => Promise<void> = () => Promise.resolve()) {
  const loads: { hooks: LoadHooks; end: () => void }[] = [];
  const events: EngineEvent[] = [];
  const model = {
    generate: () => Promise.resolve({ ...unstartedOutcome('cancelled', null), text: 'ls' }),
    release,
  } as Partial<TextModel> as TextModel;
  const loadModel: LoadModel = (_options, hooks) =>
    new Promise((resolve) => {
      const end = (): void => resolve({ ok: true, value: { model, report: {} as LoadReport } });
      loads.push({ hooks, end });
    });
  const engine = new Engine(loadModel);
  const load = () =>
    engine.load(
      options,
      () => {},
      (event) => events.push(event),
    );
  const loadAtOnce = async (): Promise<void> => {
    const loading = load();
    await settle();
    loads.at(-1)?.end();
    await loading;
  };
  const loseDevice = async (): Promise<void> => {
    loads.at(-1)?.hooks.onEvent({ kind: 'device-lost', message: 'gone', count: 0 });
    await settle();
  };
  return { engine, loads, events, load, loadAtOnce, loseDevice };
}

afterEach(() => vi.unstubAllGlobals());

describe('a request that waits for a lost device to come back', () => {
  it('ends when it is cancelled, and the next one has the recovered model', async () => {
    const { engine, loads, loadAtOnce, loseDevice } = setUp();
    await loadAtOnce();
    await loseDevice();
    const waiting = engine.generate(request, () => {});
    await engine.cancel(request.id);
    expect(await waiting).toMatchObject({ finishReason: 'cancelled', text: '' });
    const next = engine.generate({ ...request, id: 'id-2' }, () => {});
    loads.at(-1)?.end();
    expect(await next).toMatchObject({ text: 'ls' });
    expect(loads.map(({ hooks }) => hooks.isRecovery)).toEqual([false, true]);
  });
});

describe('a load', () => {
  const cancelled = { ok: false, failure: { code: 'model/load-cancelled' } };

  it('can be cancelled while the model before is still being freed', async () => {
    let free = (): void => {};
    const { engine, loads, load, loadAtOnce } = setUp(
      () => new Promise((resolve) => (free = resolve)),
    );
    await loadAtOnce();
    const loading = load();
    await settle();
    await engine.cancelLoad();
    free();
    expect(await loading).toMatchObject(cancelled);
    expect(loads).toHaveLength(1);
  });

  it('takes the place of a recovery that still waits to begin', async () => {
    let free = (): void => {};
    const { loads, load, loadAtOnce, loseDevice, events } = setUp(
      () => new Promise((resolve) => (free = resolve)),
    );
    await loadAtOnce();
    await loseDevice();
    const loading = load();
    await settle();
    free();
    await settle();
    expect(loads).toHaveLength(2);
    loads[1]?.end();
    expect(await loading).toMatchObject({ ok: true });
    expect(events.map((event) => event.kind)).toEqual(['device-lost']);
  });

  it('begins once the one has ended whose place it takes', async () => {
    const { engine, loads, load } = setUp();
    const first = load();
    await settle();
    const second = load();
    await settle();
    expect(loads).toHaveLength(1);
    expect(loads[0]?.hooks.signal.aborted).toBe(true);
    loads[0]?.end();
    expect(await first).toMatchObject(cancelled);
    await settle();
    expect(loads).toHaveLength(2);
    loads[1]?.end();
    expect(await second).toMatchObject({ ok: true });
    expect(await engine.generate(request, () => {})).toMatchObject({ text: 'ls' });
  });

  it.each([
    { onLine: true, code: 'engine/session-failed' },
    { onLine: false, code: 'model/offline' },
  ])('fails with $code where its loader cannot be fetched', async ({ onLine, code }) => {
    vi.stubGlobal('navigator', { onLine });
    const engine = new Engine(() => Promise.reject(new TypeError('no such module')));
    const load = () =>
      engine.load(
        options,
        () => {},
        () => {},
      );
    expect(await load()).toMatchObject({ ok: false, failure: { code } });
    // The next one is not kept waiting for it.
    expect(await load()).toMatchObject({ ok: false, failure: { code } });
  });
});
