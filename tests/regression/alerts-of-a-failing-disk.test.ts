/**
 * A tab that could not write for a moment put all that it knew in the place of what other tabs had written since; one
 * whose disk could not be read for a moment deleted all rules and silences; and one whose connection had ended evaluated
 * without them.
 */
import { expect, test } from 'vitest';
import { failure, type Result } from '../../src/contracts/failure.ts';
import { MemoryAlerts } from '../../src/store/memory-alerts.ts';
import { ResilientAlerts, type DiskAlerts } from '../../src/store/resilient-alerts.ts';
import { makeAlert, makeRule } from '../fixtures/alerts/alert-data.ts';

type Mood = 'works' | 'full' | 'fails';
const READS = new Set([
  'book',
  'alerts',
  'outbox',
  'relay',
  'deliveries',
  'deadLetters',
  'contents',
]);

/** What a page sees of a disk that several pages use. */
function pageOf(kept: MemoryAlerts) {
  const page = { mood: 'works' as Mood, nowMs: 0, opens: 0, canOpen: true, close: () => {} };
  const disk = new Proxy({} as DiskAlerts, {
    get: (_, name: string) => {
      if (name === 'then') return undefined;
      return async (...parameters: unknown[]): Promise<Result<unknown>> => {
        if (page.mood === 'fails' || (page.mood === 'full' && !READS.has(name))) {
          return { ok: false, failure: failure('store/quota-exceeded') };
        }
        if (name === 'contents') return { ok: true, value: kept.contents() };
        const method = Reflect.get(kept, name) as (...p: unknown[]) => Promise<Result<unknown>>;
        return Reflect.apply(method, kept, parameters);
      };
    },
  });
  const store = new ResilientAlerts({
    open: (onClosed) => {
      page.opens += 1;
      page.close = onClosed;
      return page.canOpen ? Promise.resolve(disk) : Promise.reject(new Error('newer'));
    },
    now: () => page.nowMs,
  });
  return Object.assign(page, { store });
}

const decision = (revision: number, id: string) => ({
  revision,
  statuses: [],
  alerts: [makeAlert({ id })],
  outbox: [],
});

async function rulesOf(store: Pick<MemoryAlerts, 'book'>): Promise<readonly string[] | null> {
  const book = await store.book();
  return book.ok ? book.value.editedRules.map(({ id }) => id).sort() : null;
}

test('what a full disk did not take is added to what other tabs have written since', async () => {
  const disk = new MemoryAlerts();
  const page = pageOf(disk);
  page.mood = 'full';
  await page.store.putRule(makeRule({ id: 'here' }));
  page.mood = 'works';
  await disk.putRule(makeRule({ id: 'there' }));
  await disk.decide(decision(0, 'of-the-leader'));
  page.nowMs = 60_000;
  expect(await rulesOf(page.store)).toEqual(['here', 'there']);
  expect(await rulesOf(disk)).toEqual(['here', 'there']);
  expect(await disk.alerts(10)).toMatchObject({ ok: true, value: [{ id: 'of-the-leader' }] });
  expect(page.store.isPersistent).toBe(true);
});

test('what a leader decided in memory is on the disk afterwards, whatever others have edited', async () => {
  const disk = new MemoryAlerts();
  const page = pageOf(disk);
  await page.store.decide(decision(0, 'a'));
  page.mood = 'full';
  await page.store.decide(decision(1, 'b'));
  await disk.putRule(makeRule({ id: 'there' }));
  page.mood = 'works';
  page.nowMs = 60_000;
  await page.store.decide(decision(2, 'c'));
  const alerts = await disk.alerts(10);
  expect(alerts.ok && alerts.value.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  expect(await rulesOf(disk)).toEqual(['there']);
});

test('rules outlive a disk that cannot be read for a moment', async () => {
  const disk = new MemoryAlerts();
  await disk.putRule(makeRule({ id: 'kept' }));
  const page = pageOf(disk);
  expect(await rulesOf(page.store)).toEqual(['kept']);
  page.mood = 'fails';
  expect(await rulesOf(page.store)).toBeNull();
  page.mood = 'works';
  page.nowMs = 60_000;
  expect(await rulesOf(page.store)).toEqual(['kept']);
  expect(await rulesOf(disk)).toEqual(['kept']);
});

test('a connection that the browser has ended is made again', async () => {
  const disk = new MemoryAlerts();
  await disk.putRule(makeRule({ id: 'kept' }));
  const page = pageOf(disk);
  await page.store.book();
  page.close();
  expect(await rulesOf(page.store)).toEqual(['kept']);
  expect(page.opens).toBe(2);
});

test('a page whose database a newer one has taken over decides nothing any more, and says so', async () => {
  const page = pageOf(new MemoryAlerts());
  await page.store.book();
  let isGone = false;
  void page.store.gone.then(() => (isGone = true));
  page.canOpen = false;
  page.close();
  expect(await page.store.decide(decision(0, 'a'))).toMatchObject({ ok: false });
  expect(isGone).toBe(true);
});
