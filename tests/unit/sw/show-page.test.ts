import { expect, it } from 'vitest';
import { showPage, type PageClients } from '../../../src/sw/show-page.ts';

const SCOPE = 'https://shell.example/app/';
const ALERT = `${SCOPE}#/monitor?from=1&to=2`;

/** Windows of the browser's site that are open, and what is done to them. */
function windows(...urls: readonly string[]) {
  const done: string[] = [];
  const clients: PageClients = {
    matchAll: () =>
      Promise.resolve(
        urls.map((url) => ({
          url,
          focus: () => Promise.resolve(done.push(`focus ${url}`)),
          navigate: (to: string) => Promise.resolve(done.push(`navigate to ${to}`)),
        })),
      ),
    openWindow: (url: string) => Promise.resolve(done.push(`open ${url}`)),
  };
  return { clients, done };
}

it('brings up the alert’s view in the tab of the app, and leaves others of the origin alone', async () => {
  const { clients, done } = windows('https://shell.example/other/', `${SCOPE}#/settings`);
  await showPage(clients, { url: ALERT }, SCOPE);
  expect(done).toEqual([`focus ${SCOPE}#/settings`, `navigate to ${ALERT}`]);
});

it('has the view wait in a tab that may not come to the front', async () => {
  const done: string[] = [];
  const page = {
    url: SCOPE,
    focus: () => Promise.reject(new DOMException('', 'InvalidAccessError')),
    navigate: (to: string) => Promise.resolve(done.push(to)),
  };
  const clients: PageClients = {
    matchAll: () => Promise.resolve([page]),
    openWindow: (url: string) => Promise.resolve(done.push(`open ${url}`)),
  };
  await showPage(clients, { url: ALERT }, SCOPE);
  expect(done).toEqual([ALERT]);
});

it('opens a tab where none of the app is there', async () => {
  const { clients, done } = windows('https://shell.example/other/');
  await showPage(clients, { url: ALERT }, SCOPE);
  expect(done).toEqual([`open ${ALERT}`]);
});

it.each([null, {}, { url: 'https://evil.example/' }, 'text'])(
  'shows the app, and no other address, for %j',
  async (data) => {
    const { clients, done } = windows();
    await showPage(clients, data, SCOPE);
    expect(done).toEqual([`open ${SCOPE}`]);
  },
);
