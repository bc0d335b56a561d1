/** The pages that are fetched when they are first shown; all but the one to write on. */
import type { Component } from 'svelte';
import type { Page } from '../../state/router.svelte.ts';

type LazyPage = Exclude<Page, 'write'>;

const LOADERS: Readonly<Record<LazyPage, () => Promise<{ readonly default: Component }>>> = {
  monitor: () => import('../monitor/MonitorPage.svelte'),
  alerts: () => import('../alerts/AlertsPage.svelte'),
  requests: () => import('../traces/RequestsPage.svelte'),
  logs: () => import('../logs/LogsPage.svelte'),
  health: () => import('../health/HealthPage.svelte'),
  settings: () => import('../settings/SettingsPage.svelte'),
};

/** Rejects where the page's files cannot be fetched. */
export async function loadPage(page: LazyPage): Promise<Component> {
  return (await LOADERS[page]()).default;
}
