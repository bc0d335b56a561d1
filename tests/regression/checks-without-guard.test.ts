/**
 * Scripts that were written under the syntax guard and the others were in one rate. What was counted before the two were
 * told apart is read as of the guard that was on, is not told to the relay again, and grows on under its new key.
 */
import { expect, test } from 'vitest';
import { currentRows, rowsSince, telemetryRows } from '../../src/core/export/telemetry-rows.ts';
import { emptyRollup } from '../../src/core/metrics/rollup.ts';
import { addToSpan, spanRollups } from '../../src/store/span-rows.ts';
import { mergeRow, toRollup } from '../../src/store/rollup-rows.ts';

const OLD = 'generation_syntax_checks_total{result="valid"}';
const NOW = 'generation_syntax_checks_total{guard="on",result="valid"}';

const row = (resolution: 'minute' | 'total', counters: Record<string, number>) => ({
  ...emptyRollup(resolution, 0, { model: 'm', backend: 'wasm', outcome: 'stop' }),
  counters,
});

test('rows on the disk have it under its new key, and are added to', () => {
  expect(toRollup(row('total', { [OLD]: 5 })).counters).toEqual({ [NOW]: 5 });
  expect(mergeRow(row('total', { [OLD]: 5 }), row('total', { [NOW]: 2 })).counters).toEqual({
    [NOW]: 7,
  });
  const span = addToSpan(addToSpan(undefined, [row('minute', { [OLD]: 5 })]), [
    row('minute', { [NOW]: 2 }),
  ]);
  expect(spanRollups(span).map(({ counters }) => counters)).toEqual([{ [NOW]: 7 }]);
});

test('the relay is told only of what came since', () => {
  const told = currentRows(telemetryRows([row('total', { [OLD]: 5 })]));
  const totals = telemetryRows([toRollup(row('total', { [OLD]: 5, [NOW]: 2 }))]);
  expect(rowsSince(told, totals, 1_000).rows.map(({ counters }) => counters)).toEqual([
    { [NOW]: 2 },
  ]);
});
