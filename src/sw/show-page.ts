/** Brings up the view that a notification is about. */

/** A tab of the site. */
interface PageClient {
  readonly url: string;
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}

/** The part of `Clients` that is used. */
export interface PageClients {
  matchAll(options: { type: 'window' }): Promise<readonly PageClient[]>;
  openWindow(url: string): Promise<unknown>;
}

/** @param data of the notification, as AlertNotifier writes it; `scope` is the site's address. */
export async function showPage(clients: PageClients, data: unknown, scope: string): Promise<void> {
  const wanted = typeof data === 'object' && data !== null && 'url' in data ? String(data.url) : '';
  const url = wanted.startsWith(scope) ? wanted : scope;
  const pages = await clients.matchAll({ type: 'window' });
  const page = pages.find((client) => client.url.startsWith(scope));
  if (page === undefined) {
    await clients.openWindow(url);
    return;
  }
  try {
    await page.focus();
  } catch {
    // Not allowed to come to the front: the view waits there.
  }
  // Another view of the same page is only another fragment, which loads nothing anew.
  await page.navigate(url);
}
