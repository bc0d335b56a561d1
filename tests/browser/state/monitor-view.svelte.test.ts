import { untrack } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import { buildDashboard } from '../../../src/core/metrics/build-dashboard.ts';
import { DEFAULT_OBJECTIVES } from '../../../src/core/metrics/objectives.ts';
import { MonitorView, type MonitorReader } from '../../../src/state/monitor-view.svelte.ts';
import { Router } from '../../../src/state/router.svelte.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { requestLife } from '../../fixtures/monitoring/request-life.ts';
import { waitFor } from '../support/wait-for.ts';

const MINUTE_MS = 60_000;
const NOW_MS = new FakeHost().epochNow();

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface SetUpOptions {
  readonly query?: string;
  /** Minutes ago at which requests were accepted. */
  readonly agesMinutes?: readonly number[];
  /** Of each look, the first one first; none, where left out. */
  readonly looksTakeMs?: readonly number[];
  readonly change?: (store: MemoryMonitor) => Partial<MonitorReader>;
}

async function setUp({
  query = '',
  agesMinutes = [],
  looksTakeMs = [],
  change = () => ({}),
}: SetUpOptions = {}) {
  const host = new FakeHost();
  const takesMs = [...looksTakeMs];
  const memory = new MemoryMonitor();
  const add = async (ageMinutes: number): Promise<void> => {
    const { open, accepted, closed, ended } = requestLife({
      id: crypto.randomUUID(),
      acceptedAtEpochMs: NOW_MS - ageMinutes * MINUTE_MS,
    });
    await memory.open(open, accepted);
    await memory.close(closed, ended);
  };
  for (const age of agesMinutes) await add(age);
  const store: MonitorReader = {
    isPersistent: true,
    rollups: (input) => memory.rollups(input),
    records: (input) => memory.records(input),
    endedRecords: (input) => memory.endedRecords(input),
    endedFigures: (input) => memory.endedFigures(input),
    activeRecords: () => {
      host.pass(takesMs.shift() ?? 0);
      return memory.activeRecords();
    },
    ...change(memory),
  };
  // Each look asks for the active ones once.
  const activeRecords = vi.spyOn(store, 'activeRecords');
  const address = { hash: `#/monitor?${query}` };
  const router = new Router({
    hash: () => address.hash,
    replace: (next) => {
      address.hash = next;
    },
    subscribe: (onChange) => {
      changed = onChange;
      return () => {};
    },
  });
  let changed = (): void => {};
  const changes = new Set<() => void>();
  const view = new MonitorView({
    store,
    router,
    host,
    nowMs: () => host.epochNow(),
    isLive: true,
    onChange: (callback) => {
      changes.add(callback);
      return () => changes.delete(callback);
    },
    objectives: () => DEFAULT_OBJECTIVES,
    build: buildDashboard,
  });
  stops.push(
    view.start(),
    // As the page does.
    $effect.root(() => {
      $effect(() => {
        const { query } = view;
        expect(query).toBeDefined();
        untrack(() => view.follow());
      });
    }),
  );
  await waitFor(() => expect(view.dashboard ?? view.failure).not.toBeNull());
  const looks = (): number => activeRecords.mock.calls.length;
  return {
    view,
    host,
    address,
    goTo: (hash: string): void => {
      address.hash = hash;
      changed();
    },
    add,
    looks,
    measured: () => {
      for (const callback of changes) callback();
    },
    /** Lets time pass and waits for the look that this leads to. */
    pass: async (ms: number): Promise<void> => {
      const before = looks();
      host.pass(ms);
      host.drawFrame();
      await waitFor(() => expect(looks()).toBeGreaterThan(before));
      await waitFor(() => expect(host.timerCount).toBe(1));
    },
    requests: () => view.dashboard?.counts.requests,
  };
}

describe('the view of what was measured', () => {
  test('shows the window that the address names', async () => {
    const { view, requests } = await setUp({ query: 'window=6h', agesMinutes: [1, 61, 400] });
    expect(requests()).toBe(2);
    expect(view.query.window).toBe('6h');
  });

  test('puts what is chosen into the address, and shows it', async () => {
    const { view, address, requests } = await setUp({ agesMinutes: [1, 2, 61] });
    view.showWindow('24h');
    view.filter({ backend: 'wasm' });
    await waitFor(() => expect(requests()).toBe(3));
    expect(address.hash).toBe('#/monitor?window=24h&backend=wasm');
    view.clearFilter();
    view.showWindow('1h');
    await waitFor(() => expect(requests()).toBe(2));
    expect(address.hash).toBe('#/monitor');
  });

  test('zooms to whole minutes, and goes back to the window from there', async () => {
    const { view, requests } = await setUp({ agesMinutes: [1, 20, 30] });
    const fromMs = NOW_MS - 31 * MINUTE_MS;
    view.zoom({ fromMs: fromMs + 5, toMs: fromMs + 13 * MINUTE_MS - 5 });
    await waitFor(() => expect(requests()).toBe(2));
    expect((view.dashboard?.range.fromMs ?? NaN) % MINUTE_MS).toBe(0);
    view.leaveZoom();
    await waitFor(() => expect(requests()).toBe(3));
  });

  test.each(['endedFigures', 'endedRecords'] as const)(
    'has exact percentiles where %s has nothing, but the other has',
    async (missing) => {
      const nothing = () => Promise.resolve({ ok: true as const, value: [] });
      const { view } = await setUp({
        agesMinutes: [1, 2, 3],
        change: () => ({ [missing]: nothing }),
      });
      expect(view.dashboard?.latency.overall).toMatchObject({ n: 3, isExact: true });
    },
  );

  test('has percentiles of histograms where requests are missing', async () => {
    const nothing = () => Promise.resolve({ ok: true as const, value: [] });
    const { view } = await setUp({
      agesMinutes: [1, 2, 3],
      change: () => ({ endedFigures: nothing, endedRecords: nothing }),
    });
    expect(view.dashboard?.latency.overall).toMatchObject({ n: 3, isExact: false });
  });

  test('reads merged rows, and those of each model and backend where there is a filter', async () => {
    const asked: (boolean | undefined)[] = [];
    const { view, requests } = await setUp({
      agesMinutes: [1],
      change: (memory) => ({
        rollups: (input) => {
          asked.push(input.isMerged);
          return memory.rollups(input);
        },
      }),
    });
    expect(new Set(asked.splice(0))).toEqual(new Set([true]));
    view.filter({ backend: 'webgpu' });
    await waitFor(() => expect(requests()).toBe(0));
    expect(new Set(asked)).toEqual(new Set([false]));
  });

  test('changes how it is drawn without reading anything', async () => {
    const { view, address, looks } = await setUp({ agesMinutes: [1] });
    const before = looks();
    view.setLog(true);
    expect(address.hash).toBe('#/monitor?scale=log');
    expect(view.query.isLog).toBe(true);
    expect(looks()).toBe(before);
  });

  test('leaves an answer out that comes after a newer question', async () => {
    const waiting: (() => void)[] = [];
    let isSlow = false;
    const { view, requests } = await setUp({
      agesMinutes: [1, 90],
      change: (store) => ({
        activeRecords: async () => {
          const result = await store.activeRecords();
          if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
          return result;
        },
      }),
    });
    isSlow = true;
    view.showWindow('24h');
    await waitFor(() => expect(waiting).toHaveLength(1));
    isSlow = false;
    view.showWindow('15m');
    await waitFor(() => expect(view.dashboard?.timesMs).toHaveLength(15));
    waiting[0]?.();
    await Promise.resolve();
    expect(requests()).toBe(1);
    expect(view.dashboard?.timesMs).toHaveLength(15);
  });
});

describe('a live view', () => {
  test('looks again after something was measured, at most once a second', async () => {
    const { add, measured, looks, host, pass, requests } = await setUp({ agesMinutes: [1] });
    await add(0);
    const before = looks();
    for (let i = 0; i < 10; i++) measured();
    host.pass(900);
    host.drawFrame();
    expect(looks()).toBe(before);
    await pass(100);
    expect(requests()).toBe(2);
    expect(looks()).toBe(before + 1);
  });

  test('rests for twenty times what a look took, except after the first, which has more to do', async () => {
    const { host, looks, measured, pass } = await setUp({
      agesMinutes: [1],
      looksTakeMs: [2000, 200],
    });
    measured();
    await pass(1000);
    expect(looks()).toBe(2);
    measured();
    host.pass(3700);
    host.drawFrame();
    expect(looks()).toBe(2);
    await pass(200);
    expect(looks()).toBe(3);
  });

  test('moves on with time while nothing happens', async () => {
    const { view, pass } = await setUp({ agesMinutes: [1] });
    const before = view.dashboard?.range.toMs ?? NaN;
    for (let i = 0; i < 6; i++) await pass(10_000);
    expect(view.dashboard?.range.toMs).toBe(before + MINUTE_MS);
  });

  test('stands still while it is paused, and catches up afterwards', async () => {
    const { view, add, measured, host, address, requests } = await setUp({ agesMinutes: [1] });
    view.pause();
    expect(address.hash).toBe(`#/monitor?at=${NOW_MS}`);
    await waitFor(() => expect(host.timerCount).toBe(0));
    await add(0);
    measured();
    expect(host.timerCount).toBe(0);
    expect(requests()).toBe(1);
    view.resume();
    await waitFor(() => expect(requests()).toBe(2));
  });

  test('waits while the tab is hidden', async () => {
    const { measured, looks, host } = await setUp({ agesMinutes: [1] });
    const before = looks();
    measured();
    host.pass(60_000);
    expect(looks()).toBe(before);
    host.drawFrame();
    await waitFor(() => expect(looks()).toBe(before + 1));
  });

  test('follows an address that was changed by hand', async () => {
    const { goTo, requests } = await setUp({ agesMinutes: [1, 61] });
    goTo('#/monitor?window=6h');
    await waitFor(() => expect(requests()).toBe(2));
  });
});

describe('where there is nothing to see', () => {
  test('nothing was ever measured', async () => {
    const { view } = await setUp();
    expect(view.emptiness).toEqual({ kind: 'never' });
  });

  test('the newest request is older than the window, and can be shown', async () => {
    const { view, requests } = await setUp({ agesMinutes: [300] });
    expect(view.emptiness).toEqual({ kind: 'range', lastMs: NOW_MS - 300 * MINUTE_MS });
    view.showNewest(NOW_MS - 300 * MINUTE_MS);
    await waitFor(() => expect(requests()).toBe(1));
    expect(view.query.window).toBe('6h');
    expect(view.emptiness).toBeNull();
  });

  test('a window that only just leaves the newest request out is not the one that is shown', async () => {
    // A window of a quarter of an hour ends with the minute that goes on.
    const { view, requests } = await setUp({ query: 'window=15m', agesMinutes: [14.5] });
    expect(view.emptiness?.kind).toBe('range');
    view.showNewest(NOW_MS - 14.5 * MINUTE_MS);
    await waitFor(() => expect(requests()).toBe(1));
  });

  test('the newest request is older than every window, and can be shown', async () => {
    const ageMinutes = 40 * 24 * 60;
    const { view, requests } = await setUp({ agesMinutes: [ageMinutes] });
    view.showNewest(NOW_MS - ageMinutes * MINUTE_MS);
    await waitFor(() => expect(requests()).toBe(1));
    expect(view.emptiness).toBeNull();
  });

  test('the newest request came after the view was paused, and can be shown', async () => {
    const { view, requests } = await setUp({
      query: `at=${NOW_MS - 120 * MINUTE_MS}`,
      agesMinutes: [1],
    });
    expect(view.emptiness?.kind).toBe('range');
    view.showNewest(NOW_MS - MINUTE_MS);
    await waitFor(() => expect(requests()).toBe(1));
    expect(view.isPaused).toBe(false);
  });

  test('nothing passes the filters', async () => {
    const { view } = await setUp({ query: 'backend=webgpu', agesMinutes: [1] });
    expect(view.emptiness).toEqual({ kind: 'filter' });
  });

  test('the store fails: what was seen before stays, and the reason is there', async () => {
    let isBroken = false;
    const { view, requests } = await setUp({
      agesMinutes: [1],
      change: (store) => ({
        activeRecords: () =>
          isBroken
            ? Promise.resolve({ ok: false, failure: failure('store/unavailable') })
            : store.activeRecords(),
      }),
    });
    isBroken = true;
    await view.load();
    expect(view.failure?.code).toBe('store/unavailable');
    expect(requests()).toBe(1);
    isBroken = false;
    await view.load();
    expect(view.failure).toBeNull();
  });
});
