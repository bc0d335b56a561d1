import { describe, expect, it } from 'vitest';
import type { TabStanding } from '../../../../src/contracts/endpoint.ts';
import { failure } from '../../../../src/contracts/failure.ts';
import type { DeepHealth, HealthReport } from '../../../../src/contracts/health.ts';
import {
  detailedHealthAnswer,
  healthAnswer,
  uptimeAnswer,
} from '../../../../src/core/endpoint/health-answer.ts';

const LOADED_MS = Date.UTC(2026, 10, 24, 11, 59);
const CHECKED_MS = Date.UTC(2026, 10, 24, 12, 0, 0, 250);
const ASKED_MS = CHECKED_MS + 4_000;

const HEALTHY: HealthReport = {
  status: 'healthy',
  failure: null,
  modelLoaded: true,
  modelId: 'tiny',
  backend: 'wasm',
  device: 'WASM, 2 threads',
  loadedAtEpochMs: LOADED_MS,
  startedAtEpochMs: LOADED_MS - 5_000,
  uptimeSeconds: 65.25,
  atEpochMs: CHECKED_MS,
  deep: null,
};

const NOT_LOADED: HealthReport = {
  ...HEALTHY,
  status: 'unhealthy',
  failure: failure('engine/not-loaded'),
  modelLoaded: false,
  modelId: null,
  backend: null,
  device: null,
  loadedAtEpochMs: null,
};

const DEEP: DeepHealth = {
  inferenceMs: 217,
  generatedTokens: 4,
  ageMs: 1_500,
  storage: { usedBytes: 10, quotaBytes: 100, isPersistent: true },
  serviceWorker: 'active',
  isCrossOriginIsolated: true,
  versions: { app: '0.1.0', onnxRuntime: '1.30.0', userAgent: 'canary-agent' },
};

describe('the answer of GET health', () => {
  it('has the fields of the guide, and the time of the check, not of the request', () => {
    expect(healthAnswer(HEALTHY, ASKED_MS)).toEqual({
      status: 'healthy',
      model_loaded: true,
      device: 'WASM, 2 threads',
      timestamp: '2026-11-24T12:00:00.250Z',
      model: 'tiny',
      backend: 'wasm',
    });
  });

  it('is unhealthy while no model is loaded, and says why', () => {
    expect(healthAnswer(NOT_LOADED, ASKED_MS)).toEqual({
      status: 'unhealthy',
      model_loaded: false,
      device: null,
      timestamp: '2026-11-24T12:00:00.250Z',
      model: null,
      backend: null,
      error: { code: 'engine/not-loaded', message: failure('engine/not-loaded').message },
    });
  });

  it('is unhealthy where no tab is open, as of now', () => {
    expect(healthAnswer(null, ASKED_MS)).toMatchObject({
      status: 'unhealthy',
      model_loaded: false,
      device: null,
      timestamp: '2026-11-24T12:00:04.250Z',
      error: { code: 'endpoint/no-tab' },
    });
  });

  it('says what an inference failed of, though the model is loaded', () => {
    const report: HealthReport = {
      ...HEALTHY,
      status: 'unhealthy',
      failure: failure('engine/out-of-memory'),
    };
    expect(healthAnswer(report, ASKED_MS)).toMatchObject({
      status: 'unhealthy',
      model_loaded: true,
      error: { code: 'engine/out-of-memory' },
    });
  });
});

describe('the answer of GET health/detailed', () => {
  it('has what the inference took and how old that is, in seconds, and the system', () => {
    const answer = detailedHealthAnswer({ ...HEALTHY, deep: DEEP }, 16_384, ASKED_MS);
    expect(answer).toEqual({
      status: 'healthy',
      timestamp: '2026-11-24T12:00:00.250Z',
      model: {
        loaded: true,
        id: 'tiny',
        vocab_size: 16_384,
        inference_test_ms: 217,
        inference_test_tokens: 4,
        inference_test_age_seconds: 1.5,
        loaded_at: '2026-11-24T11:59:00.000Z',
      },
      system: {
        device: 'WASM, 2 threads',
        backend: 'wasm',
        app_version: '0.1.0',
        onnx_runtime_version: '1.30.0',
        cross_origin_isolated: true,
        storage_used_bytes: 10,
        storage_quota_bytes: 100,
        uptime_seconds: 65.25,
      },
    });
    expect(JSON.stringify(answer)).not.toContain('canary-agent');
  });

  it('has no inference while no model is loaded', () => {
    const deep: DeepHealth = { ...DEEP, inferenceMs: null, generatedTokens: 0, storage: null };
    const answer = detailedHealthAnswer({ ...NOT_LOADED, deep }, null, ASKED_MS);
    expect(answer).toMatchObject({
      status: 'unhealthy',
      error: { code: 'engine/not-loaded' },
      model: {
        loaded: false,
        id: null,
        vocab_size: null,
        inference_test_ms: null,
        inference_test_tokens: 0,
        loaded_at: null,
      },
      system: { device: null, storage_used_bytes: null, storage_quota_bytes: null },
    });
  });

  it('has every field where no tab is open', () => {
    const closed = detailedHealthAnswer(null, null, ASKED_MS);
    const open = detailedHealthAnswer({ ...NOT_LOADED, deep: DEEP }, null, ASKED_MS);
    const fieldsOf = (value: unknown): string[] => Object.keys(value as object).sort();
    expect(fieldsOf(closed)).toEqual(fieldsOf(open));
    expect(fieldsOf(closed['model'])).toEqual(fieldsOf(open['model']));
    expect(fieldsOf(closed['system'])).toEqual(fieldsOf(open['system']));
    expect(closed).toMatchObject({
      status: 'unhealthy',
      error: { code: 'endpoint/no-tab' },
      model: { inference_test_age_seconds: null },
      system: { uptime_seconds: 0 },
    });
  });
});

describe('the answer of GET metrics/uptime', () => {
  const standing: TabStanding = {
    startedAtEpochMs: LOADED_MS,
    uptimeSeconds: 129_600,
    memoryUsedRatio: 0.5,
    storageUsedRatio: null,
  };

  it('has the uptime of the tab in three units, and since when figures are kept', () => {
    expect(uptimeAnswer(standing, CHECKED_MS)).toEqual({
      uptime_seconds: 129_600,
      uptime_hours: 36,
      uptime_days: 1.5,
      started_at: '2026-11-24T11:59:00.000Z',
      counting_since: '2026-11-24T12:00:00.250Z',
    });
  });

  it('is nothing where no tab is open and nothing was counted', () => {
    expect(uptimeAnswer(null, null)).toEqual({
      uptime_seconds: 0,
      uptime_hours: 0,
      uptime_days: 0,
      started_at: null,
      counting_since: null,
    });
  });
});
