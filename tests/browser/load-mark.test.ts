/** The mark of a load, with the locks of the browser. */
import { expect, test } from 'vitest';
import { LoadMark } from '../../src/store/load-mark.ts';
import { waitFor } from './support/wait-for.ts';

function setUp(stored = '') {
  const text = { stored, read: () => text.stored, write: (to: string) => (text.stored = to) };
  const hides = new Set<() => void>();
  const tab = (locks: LockManager | null = navigator.locks): LoadMark =>
    new LoadMark({
      text,
      locks,
      newId: () => crypto.randomUUID(),
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
  await waitFor(() => expect(text.stored).not.toBe(''));
  expect(await tab().hasDied()).toBe(false);
  end();
  expect(text.stored).toBe('');
  expect(await tab().hasDied()).toBe(false);
});

test('one whose lock is gone died, which every tab is told until a model is ready', async () => {
  const { text, tab } = setUp('of-a-tab-that-died');
  expect(await tab().hasDied()).toBe(true);
  expect(await tab().hasDied()).toBe(true);
  tab().begin()();
  expect(await tab().hasDied()).toBe(true);
  await tab().forgetDead();
  expect(text.stored).toBe('');
  expect(await tab().hasDied()).toBe(false);
});

test('it is told while another is at it, and that one leaves its mark whoever else is done', async () => {
  const { text, tab } = setUp('of-a-tab-that-died');
  const end = tab().begin();
  await waitFor(() => expect(text.stored).toContain('\n'));
  expect(await tab().hasDied()).toBe(true);
  await tab().forgetDead();
  expect(text.stored).toMatch(/^[0-9a-f-]{36}$/u);
  end();
  expect(text.stored).toBe('');
});

test('one that is closed or left did not', async () => {
  const { text, tab, hides } = setUp();
  tab().begin();
  await waitFor(() => expect(text.stored).not.toBe(''));
  for (const hide of hides) hide();
  expect(text.stored).toBe('');
  expect(hides.size).toBe(0);
});

test('a load that is over before it has its lock leaves no mark', async () => {
  const { text, tab } = setUp();
  tab().begin()();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text.stored).toBe('');
});

test('without locks nothing is remembered', async () => {
  const { text, tab } = setUp('of-a-tab-that-died');
  expect(await tab(null).hasDied()).toBe(false);
  tab(null).begin()();
  expect(text.stored).toBe('of-a-tab-that-died');
});
