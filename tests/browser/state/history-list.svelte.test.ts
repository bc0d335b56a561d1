import { afterEach, describe, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import { HistoryList } from '../../../src/state/history-list.svelte.ts';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { BroadcastNotifier } from '../../../src/store/broadcast-notifier.ts';
import { MemoryHistory, type HistoryStore } from '../../../src/store/history-store.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { makeRecord } from '../../fixtures/records.ts';
import { waitFor } from '../support/wait-for.ts';

let channelNumber = 0;

afterEach(() => {
  channelNumber += 1;
});

function setUp(store: HistoryStore = new MemoryHistory()) {
  const notices = new Notices(new FakeHost());
  const list = new HistoryList({
    opened: Promise.resolve({ store, failure: null }),
    channel: new BroadcastNotifier(`history-test-${channelNumber}`),
    notices,
  });
  return { list, notices, store };
}

const record = (number: number, prompt = `request ${number}`) =>
  makeRecord({ id: `id-${number}`, acceptedAtEpochMs: number, prompt });

describe('the history on the page', () => {
  test('shows a page at a time', async () => {
    const { list } = setUp();
    for (let number = 1; number <= 25; number++) await list.add(record(number));
    expect(list.entries).toHaveLength(20);
    expect(list.entries[0]?.id).toBe('id-25');
    expect(list.hasMore).toBe(true);
    await list.showMore();
    expect(list.entries).toHaveLength(25);
    expect(list.hasMore).toBe(false);
  });

  test('shows what the last search found, also when an earlier one answers later', async () => {
    const store = new MemoryHistory();
    const { list } = setUp(store);
    await list.add(record(1, 'alpha'));
    await list.add(record(2, 'beta'));
    const find = store.find.bind(store);
    const answers: (() => void)[] = [];
    store.find = (query) => new Promise((resolve) => answers.push(() => resolve(find(query))));
    list.search = 'alpha';
    list.search = 'beta';
    await waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    answers[0]?.();
    await waitFor(() => expect(list.entries.map(({ id }) => id)).toEqual(['id-2']));
  });

  test('takes a deletion back', async () => {
    const { list, notices } = setUp();
    await list.add(record(1));
    const [entry] = list.entries;
    if (entry === undefined) throw new Error('nothing is in the history');
    await list.delete(entry);
    expect(list.totalCount).toBe(0);
    notices.notes.at(-1)?.action?.run();
    await waitFor(() => expect(list.totalCount).toBe(1));
    expect(list.entries[0]).toEqual(entry);
  });

  test('keeps an edit, and none where the script is as the model wrote it', async () => {
    const { list } = setUp();
    await list.add(record(1));
    await list.saveEdit('id-1', 'ls -l\n');
    expect(list.entries[0]?.editedText).toBe('ls -l\n');
    await list.saveEdit('id-1', 'ls\n');
    expect(list.entries[0]?.editedText).toBeNull();
  });

  test('takes a script with the beginning that was given for unedited', async () => {
    const { list } = setUp();
    await list.add(record(1, '#!/bin/sh\n'));
    await list.saveEdit('id-1', '#!/bin/sh\nls\n');
    expect(list.entries[0]?.editedText).toBeNull();
  });

  test('does not bring a deleted entry back by an edit', async () => {
    const { list } = setUp();
    expect(await list.saveEdit('gone', 'ls -l\n')).toBe('gone');
    await list.refresh();
    expect(list.totalCount).toBe(0);
  });

  test('follows what another tab changes', async () => {
    const store = new MemoryHistory();
    const here = setUp(store).list;
    const there = setUp(store).list;
    await there.add(record(1));
    await waitFor(() => expect(here.totalCount).toBe(1));
  });

  test('says when something could not be kept', async () => {
    const store = new MemoryHistory();
    const cause = failure('store/quota-exceeded');
    store.put = () => Promise.resolve({ ok: false, failure: cause });
    const { list } = setUp(store);
    await list.add(record(1));
    expect(list.failure).toEqual(cause);
  });

  test('says no longer that something could not be kept once something could', async () => {
    const store = new MemoryHistory();
    const put = store.put.bind(store);
    const { list } = setUp(store);
    await list.add(record(1));
    store.put = () => Promise.resolve({ ok: false, failure: failure('store/quota-exceeded') });
    expect(await list.saveEdit('id-1', 'ls -l\n')).toBe('failed');
    expect(list.failure?.code).toBe('store/quota-exceeded');
    store.put = put;
    expect(await list.saveEdit('id-1', 'ls -l\n')).toBe('saved');
    expect(list.failure).toBeNull();
  });

  test('says that it was closed until it is used again', async () => {
    const { list } = setUp();
    await list.add(record(1));
    list.onClosed(failure('store/unavailable', 'closed'));
    expect(list.failure?.message).toBe('closed');
    await list.refresh();
    expect(list.failure).toBeNull();
  });

  test('lives as long as the page where the browser denies storage, and says so', async () => {
    const cause = failure('store/unavailable');
    const list = new HistoryList({
      opened: Promise.resolve({ store: new MemoryHistory(), failure: cause }),
      channel: new BroadcastNotifier('history-test-denied'),
      notices: new Notices(new FakeHost()),
    });
    await list.add(record(1));
    expect(list.failure).toEqual(cause);
    expect(list.totalCount).toBe(1);
  });
});
