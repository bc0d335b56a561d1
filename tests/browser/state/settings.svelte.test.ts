import { expect, test } from 'vitest';
import { TelemetryExport } from '../../../src/state/telemetry-export.svelte.ts';
import { parseOverrides, Settings } from '../../../src/state/settings.svelte.ts';
import { PreferenceStore } from '../../../src/store/preferences.ts';

function tabs(): readonly [Settings, Settings] {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  const tab = (): Settings =>
    new Settings(new PreferenceStore(storage), parseOverrides(new URLSearchParams()));
  return [tab(), tab()];
}

test('what another tab has chosen is taken over, but not which model runs, and how', () => {
  const [here, there] = tabs();
  here.backend = 'wasm';
  there.theme = 'dark';
  there.debugMode = true;
  there.thresholds = { 'error-rate': 0.1 };
  there.backend = 'webgpu';
  there.threads = 3;
  there.model = { kind: 'pack', id: 'other' };
  there.loadsAtStart = true;
  here.takeOver();
  expect(here).toMatchObject({
    theme: 'dark',
    debugMode: true,
    thresholds: { 'error-rate': 0.1 },
    backend: 'wasm',
    threads: null,
    model: null,
    loadsAtStart: false,
  });
});

test('telemetry begins and ends with the switch of another tab', async () => {
  const [here, there] = tabs();
  const events: string[] = [];
  const telemetry = new TelemetryExport({
    settings: here,
    epochNow: () => 5,
    load: () =>
      Promise.resolve({
        start: () => void events.push('start'),
        stop: () => void events.push('stop'),
      }),
  });
  telemetry.start();
  telemetry.follow();
  there.telemetry = { isOn: true, sinceEpochMs: 1 };
  here.takeOver();
  telemetry.follow();
  telemetry.follow();
  await expect.poll(() => events).toEqual(['start']);
  there.telemetry = { isOn: false, sinceEpochMs: 1 };
  here.takeOver();
  telemetry.follow();
  expect(events).toEqual(['start', 'stop']);
});
