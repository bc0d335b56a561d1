import { describe, expect, it } from 'vitest';
import { RecentValue } from '../../../src/state/recent-value.ts';

/** Readings that are ended by hand, and a clock that is moved by hand. */
function handled() {
  const readings: { end: (value: number) => void; fail: (error: Error) => void }[] = [];
  const clock = { nowMs: 0 };
  const recent = new RecentValue({
    read: () => new Promise<number>((end, fail) => readings.push({ end, fail })),
    maxAgeMs: 100,
    now: () => clock.nowMs,
  });
  return { readings, clock, recent };
}

describe('RecentValue', () => {
  it('reads once for all that ask meanwhile', async () => {
    const { readings, recent } = handled();
    const answers = [recent.get(), recent.get()];
    expect(readings).toHaveLength(1);
    readings[0]?.end(1);
    expect(await Promise.all(answers)).toEqual([1, 1]);
  });

  it('gives it again until it is too old, counted from when it was read', async () => {
    const { readings, clock, recent } = handled();
    const first = recent.get();
    clock.nowMs = 50;
    readings[0]?.end(1);
    await first;
    clock.nowMs = 149;
    expect(await recent.get()).toBe(1);
    clock.nowMs = 150;
    const second = recent.get();
    expect(readings).toHaveLength(2);
    readings[1]?.end(2);
    expect(await second).toBe(2);
  });

  it('reads again after a reading that failed', async () => {
    const { readings, recent } = handled();
    const first = recent.get();
    readings[0]?.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    const second = recent.get();
    readings[1]?.end(2);
    expect(await second).toBe(2);
  });
});
