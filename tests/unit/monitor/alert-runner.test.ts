import { describe, expect, it } from 'vitest';
import type { AlertRecord, OutboxEntry } from '../../../src/contracts/alert-record.ts';
import { AlertRows } from '../../../src/monitor/alert-rows.ts';
import { AlertRunner } from '../../../src/monitor/alert-runner.ts';
import { modelLoadFailed } from '../../../src/core/metrics/event-deltas.ts';
import { DEFAULT_OBJECTIVES } from '../../../src/core/metrics/objectives.ts';
import { MemoryAlerts } from '../../../src/store/memory-alerts.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { everySecond, MINUTE_MS, requestDeltas } from '../../fixtures/alerts/alert-data.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

function setUp(store = new MemoryAlerts(), monitor = new MemoryMonitor()) {
  const host = new FakeHost();
  host.nowMs = 50_000;
  const told: AlertRecord[] = [];
  const queued: OutboxEntry[] = [];
  let ids = 0;
  const page = { hasRelay: true, hasAlertmanager: false };
  const objectives = () => DEFAULT_OBJECTIVES;
  const makeRunner = () =>
    new AlertRunner({
      store,
      rows: new AlertRows({ store: monitor, objectives }),
      objectives,
      instance: () => 'browser-1',
      pageUrl: 'https://shell.example/',
      version: '1',
      epochNow: () => host.epochNow(),
      newId: () => `id-${++ids}`,
      log: () => {},
      mayQueue: () => page.hasRelay,
      mayRepeat: () => page.hasAlertmanager,
      onDecided: (announcements, entries) => {
        told.push(...announcements);
        queued.push(...entries);
      },
    });
  const runner = makeRunner();
  return { host, store, monitor, runner, makeRunner, told, queued, page };
}

/** Fires at once. */
async function breakModel({ monitor, host }: ReturnType<typeof setUp>): Promise<void> {
  await monitor.add([modelLoadFailed(host.epochNow(), 'model/offline')]);
}

describe('an evaluation', () => {
  it('writes the alert and the post about it as one, and tells once', async () => {
    const bench = setUp();
    await breakModel(bench);
    await bench.runner.evaluate();
    await bench.runner.evaluate();
    expect(bench.told.map(({ ruleId, state }) => [ruleId, state])).toEqual([
      ['model-load-failed', 'firing'],
    ]);
    expect(bench.queued).toMatchObject([
      { priority: 3, post: { route: 'default', alerts: [{ state: 'firing' }] } },
    ]);
    expect(await bench.store.outbox()).toEqual({ ok: true, value: bench.queued });
  });

  it('goes on after a reload from where the page before has left off', async () => {
    const bench = setUp();
    await breakModel(bench);
    await bench.runner.evaluate();
    bench.host.pass(15_000);
    await bench.makeRunner().evaluate();
    expect(bench.told).toHaveLength(1);
    bench.host.pass(11 * MINUTE_MS);
    // Nobody looked for eleven minutes.
    await bench.makeRunner().evaluate();
    expect(bench.told.map(({ state }) => state)).toEqual(['firing', 'stale']);
  });

  it('tells Alertmanager, and nobody else, every six hours of what goes on firing', async () => {
    const bench = setUp();
    const evaluateFor = async (hours: number, runner = bench.runner): Promise<void> => {
      for (let minute = 0; minute < hours * 60; minute += 4) {
        await breakModel(bench);
        await runner.evaluate();
        bench.host.pass(4 * MINUTE_MS);
      }
    };
    const routes = (): readonly string[] => bench.queued.map(({ post }) => post.route);
    bench.page.hasAlertmanager = true;
    await evaluateFor(6);
    expect(routes()).toEqual(['default']);
    await evaluateFor(6.1);
    expect(routes()).toEqual(['default', 'alertmanager', 'alertmanager']);
    const [first, again] = bench.queued;
    expect(again).toMatchObject({ priority: 0, post: { alerts: [{ state: 'firing' }] } });
    expect(again?.post.alerts[0]?.startsAt).toBe(first?.post.alerts[0]?.startsAt);
    expect(bench.told).toHaveLength(1);
    // A page that takes over does not know when the one before said it.
    await evaluateFor(5.9, bench.makeRunner());
    expect(routes()).toHaveLength(4);
    bench.page.hasAlertmanager = false;
    await evaluateFor(12);
    expect(routes()).toHaveLength(4);
  });

  it('of two pages at once decides once', async () => {
    const bench = setUp();
    await breakModel(bench);
    await Promise.all([bench.runner.evaluate(), bench.makeRunner().evaluate()]);
    expect(bench.told).toHaveLength(1);
    expect(bench.queued).toHaveLength(1);
  });

  it('queues nothing where there is no relay; the alert is there all the same', async () => {
    const bench = setUp();
    bench.page.hasRelay = false;
    await breakModel(bench);
    await bench.runner.evaluate();
    expect(bench.told).toHaveLength(1);
    expect(bench.queued).toEqual([]);
    expect(await bench.store.alerts(10)).toMatchObject({ ok: true, value: [{ state: 'firing' }] });
  });

  it('sees what was measured since the last one', async () => {
    const bench = setUp();
    await bench.runner.evaluate();
    expect(bench.told).toEqual([]);
    const requests = everySecond(bench.host.epochNow(), 10, { isError: true });
    await bench.monitor.add(requestDeltas(requests));
    bench.host.pass(15_000);
    await bench.runner.evaluate();
    expect(bench.told.map(({ ruleId }) => ruleId)).toContain('error-burst');
  });

  it('writes nothing for a minute while nothing happens', async () => {
    const bench = setUp();
    const revision = async () => {
      const book = await bench.store.book();
      return book.ok ? book.value.revision : NaN;
    };
    await bench.runner.evaluate();
    expect(await revision()).toBe(1);
    bench.host.pass(45_000);
    await bench.runner.evaluate();
    expect(await revision()).toBe(1);
    bench.host.pass(15_000);
    await bench.runner.evaluate();
    expect(await revision()).toBe(2);
  });

  it('leaves out a stored rule that it cannot read, and goes on with the others', async () => {
    const bench = setUp();
    // As another version could have it.
    const strange = { id: 'strange', measure: { kind: 'unheard-of' } } as never;
    await bench.store.putRule(strange);
    await breakModel(bench);
    await bench.runner.evaluate();
    expect(bench.told).toHaveLength(1);
  });
});

it('rows that have gone are not measured any more', async () => {
  const monitor = new MemoryMonitor();
  const rows = new AlertRows({ store: monitor, objectives: () => DEFAULT_OBJECTIVES });
  const nowMs = Date.UTC(2026, 10, 24, 12, 5);
  await monitor.add([modelLoadFailed(nowMs, 'model/offline')]);
  const counted = async (atMs: number) => {
    const source = await rows.read(atMs);
    return source.ok ? [source.value.minutes.length, source.value.hours.length] : null;
  };
  expect(await counted(nowMs)).toEqual([1, 1]);
  expect(await counted(nowMs + 15_000)).toEqual([1, 1]);
  await monitor.clear();
  expect(await counted(nowMs + 10 * MINUTE_MS)).toEqual([0, 0]);
});
