import { expect, test } from 'vitest';
import { FleetState } from '../../../relay/fleet-state.ts';

const SERIES = 'telemetry_dropped_total{signal="logs",reason="expired"}';
const HOUR_MS = 3_600_000;

function countOf(state: FleetState): number {
  return state.counters.get(SERIES) ?? 0;
}

test('however many ids somebody makes up, no more than 100,000 are kept, and none of the sums is lost', () => {
  const state = new FleetState({ epochNow: () => 0 });
  for (let n = 1; n <= 110_000; n++) {
    const counters = [[SERIES, 1]] as const;
    const entry = { kind: 'delta', client: `id-${n}`, sequence: 1, atMs: 0 } as const;
    state.apply({ ...entry, counters, histograms: [] });
  }
  expect(state.clientCount).toBe(100_000);
  expect(state.lastSequenceOf('id-110000')).toBe(1);
  expect(state.lastSequenceOf('id-10000')).toBe(0);
  expect(countOf(state)).toBe(110_000);
});

test('an id that was not heard of for two days is forgotten, on the disk too', () => {
  let nowMs = 0;
  const state = new FleetState({ epochNow: () => nowMs });
  state.apply({ kind: 'client', client: 'old', sequence: 7, atMs: nowMs });
  nowMs = 47 * HOUR_MS;
  state.apply({ kind: 'client', client: 'new', sequence: 3, atMs: nowMs });
  expect(state.clientCount).toBe(2);
  nowMs = 49 * HOUR_MS;
  expect([...state.snapshot()]).toEqual([
    { kind: 'client', client: 'new', sequence: 3, atMs: 47 * HOUR_MS },
  ]);
  expect(state.lastSequenceOf('old')).toBe(0);
});
