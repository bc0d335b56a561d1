import { flushSync } from 'svelte';
import { describe, expect, test } from 'vitest';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

describe('notices', () => {
  test('reach the live region, the same text twice too', () => {
    const notices = new Notices(new FakeHost());
    const seen: string[] = [];
    const stop = $effect.root(() => {
      $effect(() => {
        seen.push(notices.announcement);
      });
    });
    flushSync();
    notices.announce('Ready.');
    flushSync();
    notices.announce('Ready.');
    flushSync();
    stop();
    expect(seen.map((text) => text.trim())).toEqual(['', 'Ready.', 'Ready.']);
    expect(new Set(seen).size).toBe(3);
  });

  test('go away by themselves, later where there is something to do', () => {
    const host = new FakeHost();
    const notices = new Notices(host);
    notices.show('Copied.');
    notices.show('Deleted.', { label: 'Undo', run: () => {} });
    host.pass(4_000);
    expect(notices.notes.map((note) => note.text)).toEqual(['Deleted.']);
    host.pass(8_000);
    expect(notices.notes).toEqual([]);
  });

  test('keep only the last two in sight', () => {
    const notices = new Notices(new FakeHost());
    for (const text of ['one', 'two', 'three']) notices.show(text);
    expect(notices.notes.map((note) => note.text)).toEqual(['two', 'three']);
  });

  test('stay while the keyboard is in them', () => {
    const host = new FakeHost();
    const notices = new Notices(host);
    notices.show('one');
    notices.hold(1);
    for (const text of ['two', 'three']) notices.show(text);
    host.pass(60_000);
    expect(notices.notes.map((note) => note.text)).toEqual(['one']);
    notices.hold(null);
    host.pass(4_000);
    expect(notices.notes).toEqual([]);
    expect(host.timerCount).toBe(0);
  });
});
