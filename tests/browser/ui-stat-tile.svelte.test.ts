/** A tile of the Monitor page as it is read. */
import { mount, unmount } from 'svelte';
import { expect, test } from 'vitest';
import type { Tile } from '../../src/core/metrics/dashboard-shape.ts';
import StatTile from '../../src/ui/monitor/StatTile.svelte';

test.for([
  [0.42, '420 ms'],
  [1.25, '1.3 s'],
  [119, '1 min 59 s'],
  [7_500, '2 h 05 min'],
] as const)('a latency of %d s is read as %s', ([seconds, text], { onTestFinished }) => {
  const tile: Tile = {
    id: 'latency-p95',
    unit: 'seconds',
    value: seconds,
    n: 40,
    previous: null,
    sparkline: [],
    objective: null,
    apart: null,
  };
  const shown = mount(StatTile, {
    target: document.body,
    props: { tile, before: 'the hour before' },
  });
  onTestFinished(() => unmount(shown));
  const parts = [...document.querySelectorAll('.value span')].map((part) => part.textContent);
  expect(parts.join(' ')).toBe(text);
});
