import { expect, it } from 'vitest';
import { failure, type Result } from '../../../src/contracts/failure.ts';
import { MemoryAlerts } from '../../../src/store/memory-alerts.ts';
import { ResilientAlerts, type DiskAlerts } from '../../../src/store/resilient-alerts.ts';
import { makeAlert, makeRule } from '../../fixtures/alerts/alert-data.ts';

/** A disk that can be full, and read all the same. */
class FullDisk {
  kept = new MemoryAlerts();
  isFull = false;
  readonly store: DiskAlerts;

  constructor() {
    const target = { contents: () => Promise.resolve({ ok: true, value: this.kept.contents() }) };
    this.store = new Proxy(target as unknown as DiskAlerts, {
      get: (_, name: string) => {
        if (name === 'contents') return target.contents;
        if (name === 'then') return undefined;
        return (...parameters: unknown[]): Promise<Result<unknown>> => {
          const isWrite = !['book', 'alerts', 'outbox', 'relay', 'deliveries'].includes(name);
          if (this.isFull && isWrite) {
            return Promise.resolve({ ok: false, failure: failure('store/quota-exceeded') });
          }
          const method = (this.kept as unknown as Record<string, (...p: unknown[]) => unknown>)[
            name
          ];
          return method?.apply(this.kept, parameters) as Promise<Result<unknown>>;
        };
      },
    });
  }
}

const decision = (revision: number, id: string) => ({
  revision,
  statuses: [],
  alerts: [makeAlert({ id })],
  outbox: [],
});

async function alertsOf(store: Pick<MemoryAlerts, 'alerts'>): Promise<readonly string[]> {
  const found = await store.alerts(10);
  return found.ok ? found.value.map(({ id }) => id).sort() : [];
}

it('goes on in memory from what a full disk has, and moves back when there is room again', async () => {
  const disk = new FullDisk();
  let nowMs = 0;
  const store = new ResilientAlerts({ open: () => Promise.resolve(disk.store), now: () => nowMs });
  expect(await store.decide(decision(0, 'before'))).toEqual({ ok: true, value: true });
  expect(store.isPersistent).toBe(true);
  disk.isFull = true;
  expect(await store.decide(decision(1, 'full'))).toEqual({ ok: true, value: true });
  expect(store.isPersistent).toBe(false);
  expect(await alertsOf(store)).toEqual(['before', 'full']);
  disk.isFull = false;
  nowMs = 30_000;
  expect(await store.decide(decision(2, 'after'))).toEqual({ ok: true, value: true });
  expect(store.isPersistent).toBe(true);
  expect(await alertsOf(disk.kept)).toEqual(['after', 'before', 'full']);
});

it('works in memory where the disk cannot be opened', async () => {
  const denied = new ResilientAlerts({
    open: () => Promise.reject(new DOMException('denied', 'SecurityError')),
    now: () => 0,
  });
  expect(await denied.putRule(makeRule())).toEqual({ ok: true, value: undefined });
  expect(denied.isPersistent).toBe(false);
});

it('a disk that throws is one that fails', async () => {
  const broken = new Proxy({} as DiskAlerts, {
    get: (_, name) =>
      name === 'then'
        ? undefined
        : () => {
            throw new DOMException('broken', 'UnknownError');
          },
  });
  const store = new ResilientAlerts({ open: () => Promise.resolve(broken), now: () => 0 });
  expect(await store.decide(decision(0, 'here'))).toEqual({ ok: true, value: true });
});

it('writes a decision that is only about how rules stand once, however many there were', async () => {
  const disk = new FullDisk();
  let nowMs = 0;
  const store = new ResilientAlerts({ open: () => Promise.resolve(disk.store), now: () => nowMs });
  disk.isFull = true;
  for (let revision = 0; revision < 20; revision++) {
    await store.decide({ revision, statuses: [], alerts: [], outbox: [] });
  }
  disk.isFull = false;
  nowMs = 30_000;
  expect(await store.book()).toMatchObject({ ok: true, value: { revision: 1 } });
});
