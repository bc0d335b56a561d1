/** Everything the components read, made in main.ts and handed down the tree. */
import { createContext } from 'svelte';
import type { Result } from '../contracts/failure.ts';
import type { CheckHealth } from '../contracts/health.ts';
import type { AlertAccess } from '../monitor/alert-access.ts';
import type { ExportMetrics } from '../monitor/metrics-export.ts';
import type { MonitorAccess } from '../monitor/monitor-access.ts';
import type { ExportText } from '../monitor/text-export.ts';
import type { AppUpdate } from './app-update.svelte.ts';
import type { BrowserHost } from './browser-host.ts';
import type { Draft } from './draft.svelte.ts';
import type { EngineStatus } from './engine-status.svelte.ts';
import type { HistoryList } from './history-list.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { OtlpExport } from './otlp-export.svelte.ts';
import type { PolicyBlocks } from './policy-blocks.svelte.ts';
import type { TelemetryExport } from './telemetry-export.svelte.ts';
import type { RecentAlerts } from './recent-alerts.svelte.ts';
import type { Requests } from './requests.ts';
import type { Router } from './router.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { ShareLinks } from './share-links.ts';
import type { SimilarityScores } from './similarity-scores.svelte.ts';
import type { SyntaxCheck } from './syntax-check.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

export interface AppState {
  readonly version: string;
  readonly host: BrowserHost;
  readonly router: Router;
  readonly settings: Settings;
  readonly notices: Notices;
  readonly engine: EngineStatus;
  readonly draft: Draft;
  readonly workbench: Workbench;
  readonly history: HistoryList;
  readonly syntax: SyntaxCheck;
  readonly requests: Requests;
  readonly monitor: MonitorAccess;
  readonly checkHealth: CheckHealth;
  readonly exportMetrics: ExportMetrics;
  readonly exportText: ExportText;
  readonly similarity: SimilarityScores;
  readonly otlp: OtlpExport;
  readonly telemetry: TelemetryExport;
  readonly policyBlocks: PolicyBlocks;
  /** Rejects where its files cannot be fetched. */
  readonly loadAlerting: () => Promise<AlertAccess>;
  /** Of this browser, in all tabs. Fails where they stay on the disk. */
  readonly deleteMeasurements: () => Promise<Result<void>>;
  readonly recentAlerts: RecentAlerts;
  readonly shareLinks: ShareLinks;
  readonly update: AppUpdate;
}

export const [getApp, setApp] = createContext<AppState>();
