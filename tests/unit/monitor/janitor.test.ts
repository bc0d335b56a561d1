import { describe, expect, test } from 'vitest';
import { Janitor, retentionLimits } from '../../../src/monitor/janitor.ts';
import { PagePresence, type LocksPort } from '../../../src/monitor/page-presence.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { requestLife } from '../../fixtures/monitoring/request-life.ts';

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One page's locks: those that it holds, and those of other pages by name. */
class FakeLocks implements LocksPort {
  readonly held = new Set<string>();
  isDenied = false;

  async request(
    name: string,
    { ifAvailable = false }: LockOptions,
    callback: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown> {
    if (this.isDenied) throw new DOMException('denied', 'SecurityError');
    if (ifAvailable && this.held.has(name)) return callback(null);
    this.held.add(name);
    const result = await callback({ name, mode: 'exclusive' });
    this.held.delete(name);
    return result;
  }

  query(): Promise<LockManagerSnapshot> {
    if (this.isDenied) return Promise.reject(new DOMException('denied', 'SecurityError'));
    return Promise.resolve({ held: [...this.held].map((name) => ({ name })), pending: [] });
  }
}

function setUp({ locks = new FakeLocks() }: { readonly locks?: FakeLocks | null } = {}) {
  const store = new MemoryMonitor();
  const lines: string[] = [];
  const presence = new PagePresence({ locks, pageId: 'here' });
  const janitor = new Janitor({
    store,
    log: (level, _, message) => lines.push(`${level} ${message}`),
    presence,
    pageId: 'here',
    locks,
    epochNow: () => NOW_MS,
  });
  const openOn = (pageId: string, ageMs = 1_000): Promise<unknown> => {
    const { open, accepted } = requestLife(
      { id: `of ${pageId}`, acceptedAtEpochMs: NOW_MS - ageMs },
      { pageId },
    );
    return store.open(open, accepted);
  };
  const activePages = async (): Promise<readonly string[]> => {
    const active = await store.activeRecords();
    return active.ok ? active.value.map(({ pageId }) => pageId) : [];
  };
  return { store, janitor, lines, openOn, activePages, presence, locks };
}

describe('requests of pages that are gone', () => {
  test('are closed as orphaned, and those of pages that live are not', async () => {
    const { janitor, openOn, activePages, store, lines, presence, locks } = setUp();
    await presence.held;
    locks?.held.add('shellwright-page-elsewhere');
    await Promise.all([openOn('here'), openOn('elsewhere'), openOn('gone')]);
    await janitor.run();
    expect(await activePages()).toEqual(['here', 'elsewhere']);
    const record = await store.record('of gone');
    expect(record).toMatchObject({
      value: { outcome: 'orphaned', endedAtEpochMs: NOW_MS, failure: null },
    });
    expect(lines).toEqual(['warn request orphaned']);
    const rows = await store.rollups({ resolution: 'total', fromMs: 0, toMs: 1 });
    const orphaned = rows.ok ? rows.value.find(({ outcome }) => outcome === 'orphaned') : null;
    expect(orphaned?.counters).toEqual({ generation_finished_total: 1 });
    expect(orphaned?.histograms).toEqual({});
  });

  test('are left alone while another page looks after them', async () => {
    const { janitor, openOn, activePages, locks } = setUp();
    locks?.held.add('shellwright-janitor');
    await openOn('gone');
    await janitor.run();
    expect(await activePages()).toEqual(['gone']);
  });

  test.each([
    ['there are no locks', () => setUp({ locks: null })],
    [
      'locks are denied',
      () => {
        const locks = new FakeLocks();
        locks.isDenied = true;
        return setUp({ locks });
      },
    ],
  ])('are told by their age where %s', async (_, make) => {
    const { janitor, openOn, activePages, locks } = make();
    await Promise.all([openOn('here', DAY_MS), openOn('old', 7 * HOUR_MS), openOn('young')]);
    await janitor.run();
    // Denied locks let nobody tidy at all: better late than twice at once.
    expect(await activePages()).toEqual(
      locks === null ? ['here', 'young'] : ['here', 'old', 'young'],
    );
  });
});

describe('pruning', () => {
  test('keeps records 7 days or 50,000, minutes 48 hours, hours 90 days', () => {
    expect(retentionLimits(NOW_MS)).toMatchObject({
      recordsBeforeMs: NOW_MS - 7 * DAY_MS,
      maxRecords: 50_000,
      minutesBeforeMs: NOW_MS - 48 * HOUR_MS,
      hoursBeforeMs: NOW_MS - 90 * DAY_MS,
    });
  });

  test('happens at the first look and every tenth, and is logged where something went', async () => {
    const { janitor, store, lines } = setUp();
    const add = (id: string): void => {
      const { open, accepted, closed, ended } = requestLife({
        id,
        acceptedAtEpochMs: NOW_MS - 8 * DAY_MS,
      });
      void store.open(open, accepted);
      void store.close(closed, ended);
    };
    add('a');
    await janitor.run();
    expect(await store.record('a')).toMatchObject({ value: null });
    expect(lines).toEqual(['info old data deleted']);
    add('b');
    for (let i = 0; i < 9; i++) await janitor.run();
    expect(await store.record('b')).not.toMatchObject({ value: null });
    await janitor.run();
    expect(await store.record('b')).toMatchObject({ value: null });
  });
});
