import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PREFERENCES,
  isHubRepository,
  PreferenceStore,
  type Preferences,
} from '../../../src/store/preferences.ts';

class FakeStorage {
  readonly items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

const chosen: Preferences = {
  theme: 'dark',
  backend: 'wasm',
  threads: 2,
  model: { kind: 'hub', repository: 'onnx-community/Qwen2.5-Coder-0.5B-Instruct' },
  loadsAtStart: true,
  debugMode: true,
  thresholds: { 'latency-p95': 3.5, 'error-rate': 0.02 },
  measuresSimilarity: true,
  otlp: {
    isOn: true,
    endpoint: 'https://collector.example:4318',
    signals: ['metrics', 'logs'],
    names: 'inference',
  },
  telemetry: { isOn: true, sinceEpochMs: 1_790_000_000_000 },
};

describe('preferences', () => {
  test('come back as they were written', () => {
    const storage = new FakeStorage();
    new PreferenceStore(storage).change(chosen);
    expect(new PreferenceStore(storage).read()).toEqual(chosen);
  });

  test.each([
    ['nothing', null],
    ['something that is not JSON', '{'],
    ['another type', '[1]'],
    ['values out of range', '{"theme":"pink","threads":0,"model":{"kind":"hub","repository":"x"}}'],
  ])('are the defaults where storage holds %s', (_, text) => {
    const storage = new FakeStorage();
    if (text !== null) storage.setItem('shellwright.preferences', text);
    expect(new PreferenceStore(storage).read()).toEqual(DEFAULT_PREFERENCES);
  });

  test('keep what is valid beside what is not', () => {
    const storage = new FakeStorage();
    storage.setItem('shellwright.preferences', '{"theme":"dark","threads":"two"}');
    expect(new PreferenceStore(storage).read()).toEqual({ ...DEFAULT_PREFERENCES, theme: 'dark' });
  });

  test('keep of the targets those that can be met and missed', () => {
    const storage = new FakeStorage();
    const thresholds = {
      'latency-p95': 0,
      'error-rate': 1.5,
      'syntax-validity': 0.9,
      'active-requests': null,
      'memory-used': -1,
      'made-up': 1,
    };
    storage.setItem('shellwright.preferences', JSON.stringify({ thresholds }));
    expect(new PreferenceStore(storage).read().thresholds).toEqual({ 'syntax-validity': 0.9 });
  });

  test('survive a browser that denies storage', () => {
    const deny = (): never => {
      throw new DOMException('denied', 'SecurityError');
    };
    const store = new PreferenceStore({ getItem: deny, setItem: deny });
    store.change(chosen);
    expect(store.read()).toEqual(DEFAULT_PREFERENCES);
    expect(new PreferenceStore(null).read()).toEqual(DEFAULT_PREFERENCES);
  });
});

test.each([
  ['onnx-community/Qwen2.5-Coder-0.5B-Instruct', true],
  ['Qwen', false],
  ['a/b/c', false],
  ['https://example.org/a', false],
  ['a b/c', false],
  ['../secret', false],
  ['owner/..', false],
])('the repository %s: %s', (text, isOne) => {
  expect(isHubRepository(text)).toBe(isOne);
});
