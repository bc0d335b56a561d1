/** What pages are called in the bar and in the window's title. */
import type { Page } from '../../state/router.svelte.ts';

const TITLES: Readonly<Record<Page, string>> = {
  write: 'Write',
  monitor: 'Monitor',
  alerts: 'Alerts',
  requests: 'Requests',
  logs: 'Logs',
  health: 'Health',
  settings: 'Settings',
};

export function pageTitle(page: Page): string {
  return TITLES[page];
}
