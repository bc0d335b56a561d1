import { flushSync } from 'svelte';
import { describe, expect, test } from 'vitest';
import { encodeShare } from '../../../src/core/share/share-link.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { Draft } from '../../../src/state/draft.svelte.ts';
import { Notices } from '../../../src/state/notices.svelte.ts';
import { Router } from '../../../src/state/router.svelte.ts';
import { ShareLinks } from '../../../src/state/share-links.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

function setUp(hash: string) {
  const address = { hash, listeners: new Set<() => void>() };
  const router = new Router({
    hash: () => address.hash,
    replace: (next) => {
      address.hash = next;
    },
    subscribe: (onChange) => {
      address.listeners.add(onChange);
      return () => address.listeners.delete(onChange);
    },
  });
  const host = new FakeHost();
  const notices = new Notices(host);
  const nothing = { read: () => '', write: () => {} };
  const draft = new Draft({ prompt: nothing, parameters: nothing });
  const pageUrl = 'https://example.org/app/';
  const workbench = { prompt: '' };
  const shareLinks = new ShareLinks({ router, draft, workbench, notices, host, pageUrl });
  const go = (next: string) => {
    address.hash = next;
    for (const listener of address.listeners) listener();
  };
  return { address, router, draft, notices, host, shareLinks, go };
}

describe('the address', () => {
  test.each([
    ['', 'write'],
    ['#/', 'write'],
    ['#/settings', 'settings'],
    ['#/requests?id=a-1', 'requests'],
    ['#/nowhere', 'write'],
    ['#settings', 'write'],
  ])('%j names the page %s', (hash, page) => {
    expect(setUp(hash).router.page).toBe(page);
  });

  test('changes the page, and is listened to only while a page is shown', () => {
    const { address, router, go } = setUp('#/write');
    const seen: string[] = [];
    const stop = $effect.root(() => {
      $effect(() => {
        seen.push(router.page);
      });
    });
    flushSync();
    go('#/settings');
    flushSync();
    expect(seen).toEqual(['write', 'settings']);
    stop();
    flushSync();
    return Promise.resolve().then(() => expect(address.listeners.size).toBe(0));
  });
});

describe('the query of the address', () => {
  test('is what follows the page, and empty where nothing does', () => {
    expect(setUp('#/requests?id=a-1&outcome=error').router.query.get('outcome')).toBe('error');
    expect(setUp('#/requests').router.query.toString()).toBe('');
    expect(setUp('').router.query.toString()).toBe('');
  });

  test('is replaced without a new step in the history, and whoever shows it hears of it', () => {
    const { address, router } = setUp('#/requests?id=a');
    const seen: (string | null)[] = [];
    const pages: string[] = [];
    const stop = $effect.root(() => {
      const page = $derived(router.page);
      $effect(() => {
        seen.push(router.query.get('id'));
      });
      $effect(() => {
        pages.push(page);
      });
    });
    flushSync();
    router.replaceQuery(new URLSearchParams({ id: 'b & c' }));
    flushSync();
    expect(address.hash).toBe('#/requests?id=b+%26+c');
    expect(seen).toEqual(['a', 'b & c']);
    expect(pages).toEqual(['requests']);
    router.replaceQuery(new URLSearchParams());
    expect(address.hash).toBe('#/requests');
    stop();
  });

  test('goes into links', () => {
    const { router } = setUp('');
    expect(router.href('logs')).toBe('#/logs');
    expect(router.href('logs', new URLSearchParams({ trace: 'ab' }))).toBe('#/logs?trace=ab');
  });
});

describe('a share link', () => {
  const parameters = { ...DEFAULT_PARAMETERS, temperature: 0.5 };

  test('fills the form once, and runs nothing', () => {
    const query = encodeShare({ prompt: 'list files', parameters });
    const { address, draft, notices, shareLinks } = setUp(`#/write?${query}`);
    shareLinks.open();
    expect(draft.prompt).toBe('list files');
    expect(draft.fields.temperature).toBe('0.5');
    expect(address.hash).toBe('#/write');
    expect(notices.notes.at(-1)?.text).toContain('Nothing has run');
    draft.prompt = 'edited since';
    shareLinks.open();
    expect(draft.prompt).toBe('edited since');
  });

  test('in place of a request that was typed says so, and gives it back', () => {
    const query = encodeShare({ prompt: 'list files', parameters });
    const { draft, notices, shareLinks } = setUp(`#/write?${query}`);
    draft.prompt = 'mine';
    shareLinks.open();
    expect(draft.prompt).toBe('list files');
    const note = notices.notes.at(-1);
    expect(note?.text).toBe(
      'Filled in from a link, in place of your request. Nothing has run yet.',
    );
    note?.action?.run();
    expect(draft.prompt).toBe('mine');
    expect(draft.fields.temperature).not.toBe('0.5');
  });

  test('that is cut off says so, and leaves the form alone', () => {
    const { draft, shareLinks } = setUp('#/write?v=1&prompt=list');
    draft.prompt = 'mine';
    shareLinks.open();
    expect(draft.linkFailure?.code).toBe('share/invalid-link');
    expect(draft.prompt).toBe('mine');
    draft.prompt = 'mine again';
    expect(draft.linkFailure).toBeNull();
  });

  test('is copied with the address of this page', async () => {
    const { host, shareLinks } = setUp('#/write');
    await shareLinks.copy({ prompt: 'ls', parameters });
    expect(host.copied).toEqual([
      'https://example.org/app/#/write?v=1&prompt=ls&temperature=0.5&end',
    ]);
  });

  test('says when it is long', async () => {
    const { notices, shareLinks } = setUp('#/write');
    await shareLinks.copy({ prompt: 'x'.repeat(9_000), parameters });
    expect(notices.notes.at(-1)?.text).toContain('may cut it off');
  });
});
