import { describe, expect, test } from 'vitest';
import {
  formatMonitorQuery,
  parseMonitorQuery,
  resolutionOf,
  shownRange,
  snapRange,
} from '../../../src/state/monitor-query.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12, 34, 56);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const parse = (text: string) => parseMonitorQuery(new URLSearchParams(text));

describe('the address of the Monitor page', () => {
  test.each([
    '',
    'window=7d',
    'window=15m&model=tiny&backend=wasm&outcome=error&scale=log',
    `from=${NOW_MS - HOUR_MS}&to=${NOW_MS}`,
    `window=24h&at=${NOW_MS}`,
  ])('comes back as it was: %s', (text) => {
    expect(formatMonitorQuery(parse(text)).toString()).toBe(text);
  });

  test.each([
    ['a window that is none', 'window=3h'],
    ['an outcome that is none', 'outcome=exploded'],
    ['half a range', 'from=1700000000000'],
    ['a range that ends before it begins', 'from=1700000000000&to=1600000000000'],
    ['a range of a century', 'from=0&to=3155760000000'],
    ['times that are no numbers', 'from=now&to=later&at=1e12'],
    ['dates beyond the last one', 'at=9999999999999999'],
  ])('falls back to the last hour for %s', (_, text) => {
    expect(parse(text)).toEqual(parse(''));
  });
});

describe('the part of time', () => {
  test('of a window holds the minute that is going on', () => {
    const { fromMs, toMs } = shownRange(parse('window=1h'), NOW_MS);
    expect(toMs - fromMs).toBe(HOUR_MS);
    expect(toMs).toBeGreaterThan(NOW_MS);
    expect(toMs % MINUTE_MS).toBe(0);
  });

  test('stands still while the page is paused', () => {
    const paused = parse(`at=${NOW_MS}`);
    expect(shownRange(paused, NOW_MS + DAY_MS)).toEqual(shownRange(paused, NOW_MS));
  });

  test('that was drawn with a mouse is widened to whole minutes, at least five', () => {
    const drawn = { fromMs: NOW_MS - 61_234, toMs: NOW_MS - 60_000 };
    const { fromMs, toMs } = snapRange(drawn, NOW_MS);
    expect([fromMs % MINUTE_MS, toMs % MINUTE_MS]).toEqual([0, 0]);
    expect(toMs - fromMs).toBe(5 * MINUTE_MS);
    expect(fromMs).toBeLessThanOrEqual(drawn.fromMs);
    expect(toMs).toBeGreaterThanOrEqual(drawn.toMs);
  });

  test('is drawn in whole hours where rows per minute are gone', () => {
    const toMs = NOW_MS - 10 * DAY_MS;
    const snapped = snapRange({ fromMs: toMs - 10 * MINUTE_MS, toMs }, NOW_MS);
    expect(snapped.toMs - snapped.fromMs).toBe(5 * HOUR_MS);
    expect(snapped.fromMs % HOUR_MS).toBe(0);
  });

  test('is not changed by being drawn again', () => {
    const once = snapRange({ fromMs: NOW_MS - 1234, toMs: NOW_MS }, NOW_MS);
    expect(snapRange(once, NOW_MS)).toEqual(once);
  });

  test.each([
    ['15m', 'minute'],
    ['24h', 'minute'],
    ['7d', 'hour'],
    ['30d', 'hour'],
  ])('%s is made of rows per %s', (window, resolution) => {
    expect(resolutionOf(shownRange(parse(`window=${window}`), NOW_MS), NOW_MS)).toBe(resolution);
  });
});
