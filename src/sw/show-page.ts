/** Brings up the view that a notification is about. */

/** @param data of the notification, as AlertNotifier writes it; `scope` is the site's address. */
export async function showPage(clients: Clients, data: unknown, scope: string): Promise<void> {
  const wanted = typeof data === 'object' && data !== null && 'url' in data ? String(data.url) : '';
  const url = wanted.startsWith(scope) ? wanted : scope;
  const pages = await clients.matchAll({ type: 'window' });
  const page = pages.find((client) => client.url.startsWith(scope));
  if (page === undefined) {
    await clients.openWindow(url);
    return;
  }
  await page.focus();
  // Another view of the same page is only another fragment, which loads nothing anew.
  await page.navigate(url);
}
