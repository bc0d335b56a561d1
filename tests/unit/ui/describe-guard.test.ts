import { expect, test } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { describeGuard } from '../../../src/ui/generate/describe-guard.ts';
import { ENGINE, makeRecord } from '../../fixtures/records.ts';

const on = (refusedTokens: number, cutBack: boolean) =>
  makeRecord({ guard: { on: true, refusedTokens, cutBack } });

test.each([
  [on(0, false), 'Syntax guard on: nothing had to be refused.'],
  [on(1, false), 'Syntax guard on: 1 token refused.'],
  [
    on(3, true),
    'Syntax guard on: 3 tokens refused; the end was cut back to where the script is complete.',
  ],
  [
    makeRecord({ parameters: { ...DEFAULT_PARAMETERS, guard: false } }),
    'Syntax guard off: every token was taken as it came.',
  ],
  [
    makeRecord({ engine: { ...ENGINE, source: 'hub' } }),
    'Written without the syntax guard, which works with the page’s own model only.',
  ],
  [makeRecord(), 'Written without the syntax guard: it could not help with this script.'],
  [makeRecord({ tokens: { prompt: 3, promptCached: 0, generated: 0 } }), null],
])('%#: %s', (record, words) => {
  expect(describeGuard(record)).toBe(words);
});
