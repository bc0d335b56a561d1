/** A tab that changed one setting wrote all of them as it had read them, and so took back what another tab had changed. */
import { expect, test } from 'vitest';
import { DEFAULT_PREFERENCES, PreferenceStore } from '../../src/store/preferences.ts';

test('what another tab has chosen meanwhile stays', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  const [here, there] = [new PreferenceStore(storage), new PreferenceStore(storage)];
  here.change({ measuresSimilarity: true });
  there.change({ theme: 'dark' });
  here.change({ debugMode: true });
  expect(there.read()).toEqual({
    ...DEFAULT_PREFERENCES,
    measuresSimilarity: true,
    theme: 'dark',
    debugMode: true,
  });
});
