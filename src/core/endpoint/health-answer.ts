/** The answers of `GET health`, `GET health/detailed` and `GET metrics/uptime`. */
import type { TabStanding } from '../../contracts/endpoint.ts';
import type { HealthReport } from '../../contracts/health.ts';
import { endpointProblem } from './problem.ts';

type Json = string | number | boolean | null | { readonly [key: string]: Json };

/** @param report null where no tab is open */
export function healthAnswer(report: HealthReport | null, nowMs: number): Record<string, Json> {
  return {
    status: report?.status ?? 'unhealthy',
    model_loaded: report?.modelLoaded ?? false,
    device: report?.device ?? null,
    timestamp: isoTime(report?.atEpochMs ?? nowMs),
    model: report?.modelId ?? null,
    backend: report?.backend ?? null,
    ...errorOf(report),
  };
}

export function detailedHealthAnswer(
  report: HealthReport | null,
  vocabularySize: number | null,
  nowMs: number,
): Record<string, Json> {
  const deep = report?.deep ?? null;
  return {
    status: report?.status ?? 'unhealthy',
    timestamp: isoTime(report?.atEpochMs ?? nowMs),
    ...errorOf(report),
    model: {
      loaded: report?.modelLoaded ?? false,
      id: report?.modelId ?? null,
      vocab_size: vocabularySize,
      inference_test_ms: deep?.inferenceMs ?? null,
      inference_test_tokens: deep?.generatedTokens ?? 0,
      inference_test_age_seconds: deep === null ? null : deep.ageMs / 1000,
      loaded_at: report?.loadedAtEpochMs == null ? null : isoTime(report.loadedAtEpochMs),
    },
    system: {
      device: report?.device ?? null,
      backend: report?.backend ?? null,
      app_version: deep?.versions.app ?? null,
      onnx_runtime_version: deep?.versions.onnxRuntime ?? null,
      cross_origin_isolated: deep?.isCrossOriginIsolated ?? null,
      storage_used_bytes: deep?.storage?.usedBytes ?? null,
      storage_quota_bytes: deep?.storage?.quotaBytes ?? null,
      uptime_seconds: report?.uptimeSeconds ?? 0,
    },
  };
}

/**
 * @param standing null where no tab is open: then nothing runs, and there is no uptime
 * @param countingSinceMs wall clock: when the totals began; null where there are none
 */
export function uptimeAnswer(
  standing: TabStanding | null,
  countingSinceMs: number | null,
): Record<string, Json> {
  const seconds = standing?.uptimeSeconds ?? 0;
  return {
    uptime_seconds: seconds,
    uptime_hours: seconds / 3600,
    uptime_days: seconds / 86_400,
    started_at: standing === null ? null : isoTime(standing.startedAtEpochMs),
    counting_since: countingSinceMs === null ? null : isoTime(countingSinceMs),
  };
}

function errorOf(report: HealthReport | null): Record<string, Json> {
  if (report?.status === 'healthy') return {};
  const { code, detail } = endpointProblem('endpoint/no-tab');
  const cause = report === null ? null : report.failure;
  return { error: { code: cause?.code ?? code, message: cause?.message ?? detail } };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
