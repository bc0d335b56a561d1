/** The mark of a load, with the locks of the browser. */
import { expect, test, vi } from 'vitest';
import { LoadMark } from '../../src/store/load-mark.ts';

function setUp(stored = '') {
  const text = { stored, read: () => text.stored, write: (to: string) => (text.stored = to) };
  const hides = new Set<() => void>();
  const tab = (locks: LockManager | null = navigator.locks): LoadMark =>
    new LoadMark({
      text,
      locks,
      onPageHide: (callback) => {
        hides.add(callback);
        return () => hides.delete(callback);
      },
    });
  return { text, tab, hides };
}

test('a tab that is still at it is none that died', async () => {
  const { text, tab } = setUp();
  const end = tab().begin();
  await vi.waitFor(() => expect(text.stored).not.toBe(''));
  expect(await tab().takeDeath()).toBe(false);
  end();
  expect(text.stored).toBe('');
  expect(await tab().takeDeath()).toBe(false);
});

test('one whose lock is gone died, which is told once', async () => {
  const { tab } = setUp('1');
  expect(await tab().takeDeath()).toBe(true);
  expect(await tab().takeDeath()).toBe(false);
});

test('one that is closed or left did not', async () => {
  const { text, tab, hides } = setUp();
  tab().begin();
  await vi.waitFor(() => expect(text.stored).not.toBe(''));
  for (const hide of hides) hide();
  expect(text.stored).toBe('');
  expect(hides.size).toBe(0);
});

test('a load that is over before it has its lock leaves no mark', async () => {
  const { text, tab } = setUp();
  tab().begin()();
  await navigator.locks.request('shellwright-preparing', () => {});
  expect(text.stored).toBe('');
});

test('without locks nothing is remembered', async () => {
  const { text, tab } = setUp('1');
  expect(await tab(null).takeDeath()).toBe(false);
  tab(null).begin()();
  expect(text.stored).toBe('1');
});
