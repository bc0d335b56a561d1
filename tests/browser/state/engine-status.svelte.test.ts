import { describe, expect, test, vi } from 'vitest';
import type { LoadOptions, LoadProgress, LoadReport } from '../../../src/contracts/engine.ts';
import { failure, type Failure, type Result } from '../../../src/contracts/failure.ts';
import type { ModelOffer } from '../../../src/core/model/model-offer.ts';
import { EngineStatus } from '../../../src/state/engine-status.svelte.ts';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { parseOverrides, Settings } from '../../../src/state/settings.svelte.ts';
import { PreferenceStore } from '../../../src/store/preferences.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { ENGINE } from '../../fixtures/records.ts';
import { waitFor } from '../support/wait-for.ts';

const report: LoadReport = {
  engine: ENGINE,
  source: 'network',
  storage: 'opfs',
  persisted: false,
  runtimeBuild: 'wasm',
  bytes: 100,
  phaseMs: {},
  totalMs: 5,
};

const offer: ModelOffer = {
  id: 'tiny',
  name: 'Tiny',
  baseModel: 'owner/tiny',
  licence: 'MIT',
  files: [{ path: 'weights-00.bin', sizeBytes: 100, sha256: 'a' }],
  downloadBytes: 100,
};

interface SetUp {
  readonly storedBytes?: number;
  readonly query?: string;
  readonly unsupported?: Failure | null;
}

function setUp({ storedBytes = 0, query = '', unsupported = null }: SetUp = {}) {
  const host = new FakeHost();
  const notices = new Notices(host);
  const settings = new Settings(
    new PreferenceStore(null),
    parseOverrides(new URLSearchParams(query)),
  );
  const loads: {
    options: LoadOptions;
    progress: (progress: LoadProgress) => void;
    end: (result: Result<LoadReport>) => void;
  }[] = [];
  const disk = { storedBytes };
  const onLoaded = vi.fn();
  const endLoad = (): void => {
    loads.at(-1)?.end({ ok: false, failure: failure('model/load-cancelled') });
  };
  const client = {
    load: (options: LoadOptions, progress: (progress: LoadProgress) => void = () => {}) => {
      endLoad();
      return new Promise<Result<LoadReport>>((end) => {
        loads.push({ options, progress, end });
      });
    },
    cancelLoad: vi.fn(endLoad),
    dispose: vi.fn(endLoad),
  };
  const mark = { hasDied: false, isSet: false };
  const onLoadFailed = vi.fn();
  const engine = new EngineStatus({
    client,
    settings,
    notices,
    host,
    mark: {
      begin: () => {
        mark.isSet = true;
        return () => (mark.isSet = false);
      },
      hasDied: () => Promise.resolve(mark.hasDied),
      forgetDead: () => {
        mark.hasDied = false;
        return Promise.resolve();
      },
    },
    files: {
      readOffer: () => Promise.resolve({ ok: true, value: offer }),
      storedBytes: () => Promise.resolve(disk.storedBytes),
      deleteAll: () => {
        disk.storedBytes = 0;
        return Promise.resolve({ ok: true, value: undefined });
      },
    },
    unsupported,
    siteModelId: 'tiny',
    packUrl: (id) => `https://example.org/models/${id}/`,
    runtimeUrls: {} as never,
    onLoaded,
    onLoadFailed,
  });
  const lastLoad = () => {
    const load = loads.at(-1);
    if (load === undefined) throw new Error('nothing is being loaded');
    return load;
  };
  return {
    host,
    notices,
    settings,
    engine,
    client,
    loads,
    lastLoad,
    disk,
    mark,
    onLoaded,
    onLoadFailed,
  };
}

function downloaded(loadedBytes: number, totalBytes = 100): LoadProgress {
  return { phase: 'downloading', loadedBytes, totalBytes, downloadedBytes: loadedBytes };
}

describe('the first visit', () => {
  test('looks up what there is to download, and asks before it does', async () => {
    const { engine, loads } = setUp();
    await engine.start();
    expect(engine.state.kind).toBe('idle');
    expect(engine.offer?.downloadBytes).toBe(100);
    expect(engine.isOnDevice).toBe(false);
    expect(loads).toHaveLength(0);
  });

  test('loads at once what is on the device already', async () => {
    const { engine, loads } = setUp({ storedBytes: 100 });
    await engine.start();
    expect(engine.isOnDevice).toBe(true);
    expect(loads).toHaveLength(1);
  });

  test('goes on with a download that a reload has broken off, unless it was paused', async () => {
    const { engine, settings, loads } = setUp({ storedBytes: 40 });
    settings.loadsAtStart = true;
    await engine.start();
    expect(loads).toHaveLength(1);

    const paused = setUp({ storedBytes: 40 });
    await paused.engine.start();
    expect(paused.loads).toHaveLength(0);
    expect(paused.engine.storedBytes).toBe(40);
  });

  test('in a browser that cannot run it loads nothing, whatever is asked for', async () => {
    const unsupported = failure('engine/unsupported-browser');
    const { engine, loads } = setUp({ unsupported, storedBytes: 100 });
    await engine.start();
    expect(await engine.ensureLoaded()).toEqual({ ok: false, failure: unsupported });
    expect(engine.state.kind).toBe('unsupported');
    expect(loads).toHaveLength(0);
  });

  test('stays what it is when models are deleted', async () => {
    const unsupported = failure('engine/unsupported-browser');
    const { engine } = setUp({ unsupported, storedBytes: 100 });
    await engine.deleteModels();
    expect(engine.state).toEqual({ kind: 'unsupported', failure: unsupported });
    expect(engine.storedBytes).toBe(0);
  });
});

describe('a tab that died while it prepared the model', () => {
  test('is followed by one that waits to be asked', async () => {
    const { engine, settings, loads, lastLoad, mark, onLoadFailed } = setUp({ storedBytes: 100 });
    settings.loadsAtStart = true;
    mark.hasDied = true;
    await engine.start();
    const cause = failure('engine/tab-died');
    expect(engine.state).toEqual({ kind: 'failed', failure: cause });
    expect(onLoadFailed).toHaveBeenCalledExactlyOnceWith(cause);
    expect(engine.isOnDevice).toBe(true);
    expect(loads).toHaveLength(0);
    const done = engine.ensureLoaded();
    expect(loads).toHaveLength(1);
    lastLoad().end({ ok: true, value: report });
    await done;
    expect(mark.hasDied).toBe(false);
  });

  test('has left a mark, from when the files are here until it is ready', async () => {
    const { engine, mark, lastLoad } = setUp();
    const done = engine.ensureLoaded();
    lastLoad().progress({ ...downloaded(40), phase: 'verifying' });
    lastLoad().progress(downloaded(40));
    expect(mark.isSet).toBe(false);
    lastLoad().progress({ ...downloaded(100), phase: 'compiling' });
    expect(mark.isSet).toBe(true);
    lastLoad().end({ ok: true, value: report });
    await done;
    expect(mark.isSet).toBe(false);
  });
});

describe('a load', () => {
  test('shows bytes, speed and time left, and none of them afterwards', async () => {
    const { engine, host, lastLoad, onLoaded } = setUp();
    const done = engine.ensureLoaded();
    for (let step = 0; step <= 4; step++) {
      lastLoad().progress(downloaded(step * 10));
      host.pass(500);
    }
    expect(engine.state).toMatchObject({ kind: 'loading', progress: { loadedBytes: 40 } });
    expect(engine.bytesPerSecond).toBeCloseTo(16, 0);
    expect(engine.secondsLeft).toBeCloseTo(60 / 16, 0);
    lastLoad().end({ ok: true, value: report });
    expect(await done).toEqual({ ok: true, value: report });
    expect(engine.state.kind).toBe('ready');
    expect(engine.engine).toEqual(ENGINE);
    expect(engine.bytesPerSecond).toBeNull();
    expect(onLoaded).toHaveBeenCalledExactlyOnceWith(report);
    expect(host.timerCount).toBe(0);
  });

  test('shows a stall while no progress comes', () => {
    const { engine, host, lastLoad } = setUp();
    void engine.ensureLoaded();
    for (let step = 0; step <= 10; step++) {
      lastLoad().progress(downloaded(step));
      host.pass(100);
    }
    host.pass(6_000);
    expect(engine.bytesPerSecond).toBe(0);
    expect(engine.secondsLeft).toBeNull();
  });

  test('is one for all who ask while it goes on', async () => {
    const { engine, loads, lastLoad } = setUp();
    const both = Promise.all([engine.ensureLoaded(), engine.ensureLoaded()]);
    expect(loads).toHaveLength(1);
    lastLoad().end({ ok: true, value: report });
    await both;
    expect(await engine.ensureLoaded()).toEqual({ ok: true, value: report });
    expect(loads).toHaveLength(1);
  });

  test('can be paused, which is remembered, and resumed', async () => {
    const { engine, settings, disk, lastLoad } = setUp();
    const done = engine.ensureLoaded();
    lastLoad().progress(downloaded(40));
    disk.storedBytes = 40;
    expect(settings.loadsAtStart).toBe(true);
    await engine.pause();
    await done;
    expect(engine.state.kind).toBe('paused');
    expect(settings.loadsAtStart).toBe(false);
    await waitFor(() => expect(engine.storedBytes).toBe(40));
    void engine.ensureLoaded();
    expect(engine.state.kind).toBe('loading');
    expect(settings.loadsAtStart).toBe(true);
  });

  test('that fails says why, and can be tried again', async () => {
    const { engine, notices, lastLoad } = setUp();
    const done = engine.ensureLoaded();
    const cause = failure('model/checksum-mismatch');
    lastLoad().end({ ok: false, failure: cause });
    await done;
    expect(engine.state).toEqual({ kind: 'failed', failure: cause });
    expect(notices.announcement).toBe(cause.message);
    void engine.ensureLoaded();
    expect(engine.state.kind).toBe('loading');
  });

  test('takes the place of the one in progress at once, which then says and changes nothing', async () => {
    const { engine, client, loads, lastLoad, notices, onLoadFailed, host } = setUp();
    const first = engine.ensureLoaded();
    const second = engine.load({ backend: 'webgpu' });
    // Cancelled first, it would take the requests along that wait for a model.
    expect(client.cancelLoad).not.toHaveBeenCalled();
    expect(loads).toHaveLength(2);
    expect(await first).toMatchObject({ ok: false, failure: { code: 'model/load-cancelled' } });
    loads[0]?.progress(downloaded(90));
    expect(engine.state).toEqual({ kind: 'loading', progress: null });
    expect(notices.announcement).toBe('');
    expect(onLoadFailed).not.toHaveBeenCalled();
    expect(engine.ensureLoaded()).toBe(second);
    lastLoad().end({ ok: true, value: report });
    expect(await second).toMatchObject({ ok: true });
    expect(engine.state.kind).toBe('ready');
    expect(lastLoad().options.backend).toBe('webgpu');
    expect(host.timerCount).toBe(0);
  });

  test('tells screen readers the quarters, not each chunk', () => {
    const { engine, notices, lastLoad } = setUp();
    void engine.ensureLoaded();
    const heard = new Set<string>();
    for (let bytes = 0; bytes <= 100; bytes++) {
      lastLoad().progress(downloaded(bytes));
      heard.add(notices.announcement);
    }
    expect([...heard]).toEqual([
      'Downloading the model, 100 B.',
      '25 percent of the model is here.',
      '50 percent of the model is here.',
      '75 percent of the model is here.',
    ]);
  });

  test('does as the settings say, and the address of the page above them', () => {
    const { engine, settings, lastLoad } = setUp({ query: 'threads=2&precision=int8&backend=x' });
    settings.backend = 'wasm';
    settings.threads = 7;
    void engine.ensureLoaded();
    expect(lastLoad().options).toMatchObject({
      source: { kind: 'pack', baseUrl: 'https://example.org/models/tiny/' },
      backend: 'wasm',
      threads: 2,
      precision: 'int8',
    });
  });

  test('of a model of the hub needs a repository that is spelled as one', () => {
    const { engine, settings, lastLoad } = setUp();
    expect(settings.chooseHubModel('nonsense')).toBe(false);
    expect(settings.chooseHubModel('owner/model')).toBe(true);
    void engine.ensureLoaded();
    expect(lastLoad().options.source).toEqual({
      kind: 'hub',
      repository: 'owner/model',
      host: null,
    });
  });
});

describe('an engine that is ready', () => {
  async function ready() {
    const all = setUp();
    const done = all.engine.ensureLoaded();
    all.lastLoad().end({ ok: true, value: report });
    await done;
    return all;
  }

  test('shows a lost device, and its recovery with what runs then', async () => {
    const { engine } = await ready();
    engine.onClientEvent({ kind: 'device-lost', message: 'destroyed', count: 1 });
    expect(engine.state).toEqual({ kind: 'recovering', cause: 'device-lost' });
    expect(engine.engine).toBeNull();
    const wasm = { ...ENGINE, reason: 'The graphics device was lost twice.' };
    engine.onClientEvent({ kind: 'recovered', engine: wasm });
    expect(engine.state.kind).toBe('ready');
    expect(engine.engine).toEqual(wasm);
  });

  test('shows a restarted worker, and a recovery that failed', async () => {
    const { engine } = await ready();
    engine.onClientEvent({
      kind: 'worker-crashed',
      reason: 'crashed',
      message: 'out of memory',
      restarts: 1,
    });
    expect(engine.state).toEqual({ kind: 'recovering', cause: 'worker-crashed' });
    const cause = failure('engine/out-of-memory');
    engine.onClientEvent({ kind: 'recovery-failed', failure: cause });
    expect(engine.state).toEqual({ kind: 'failed', failure: cause });
  });

  test('counts the requests that wait', async () => {
    const { engine } = await ready();
    engine.onClientEvent({ kind: 'queue', waiting: 3, running: true });
    expect(engine.waitingCount).toBe(3);
  });

  test('is closed before its model is deleted, and asks again from then on', async () => {
    const { engine, client, settings, disk } = await ready();
    disk.storedBytes = 100;
    await engine.deleteModels();
    expect(client.dispose).toHaveBeenCalledOnce();
    expect(engine.state.kind).toBe('idle');
    expect(engine.engine).toBeNull();
    expect(engine.storedBytes).toBe(0);
    expect(settings.loadsAtStart).toBe(false);
  });
});
