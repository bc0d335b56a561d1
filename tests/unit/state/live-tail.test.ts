import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { TimeRange } from '../../../src/core/metrics/dashboard-shape.ts';
import { LiveTail } from '../../../src/state/live-tail.ts';

const MINUTE_MS = 60_000;

function setUp() {
  const times = Array.from({ length: 100 }, (_, index) => index * MINUTE_MS);
  const reads: TimeRange[] = [];
  let isBroken = false;
  const tail = new LiveTail<number>({
    read: (range) => {
      reads.push(range);
      return Promise.resolve(
        isBroken
          ? { ok: false, failure: failure('store/unavailable') }
          : {
              ok: true,
              value: times.filter((time) => time >= range.fromMs && time < range.toMs),
            },
      );
    },
    timeOf: (time) => time,
  });
  return {
    times,
    reads,
    break: () => {
      isBroken = true;
    },
    read: async (fromMs: number, toMs: number, nowMs: number) => {
      const result = await tail.read({ fromMs, toMs }, nowMs, MINUTE_MS);
      return result.ok ? result.value : null;
    },
  };
}

const at = (minutes: number): number => minutes * MINUTE_MS;

describe('a part of time that goes on', () => {
  test('is read whole once, then only where it can have changed', async () => {
    const { reads, read } = setUp();
    await read(0, at(60), at(59));
    await read(at(1), at(61), at(59.5));
    expect(reads).toEqual([
      { fromMs: 0, toMs: at(60) },
      { fromMs: at(57), toMs: at(61) },
    ]);
  });

  test('holds the same as if it were read whole', async () => {
    const { times, read } = setUp();
    for (let second = 0; second < 50; second += 7) {
      const nowMs = at(59) + second * 1000;
      const fromMs = at(Math.floor(second / 20));
      const expected = times.filter((time) => time >= fromMs && time < fromMs + at(60));
      expect(await read(fromMs, fromMs + at(60), nowMs)).toEqual(expected);
    }
  });

  test('sees what changed long ago within a minute', async () => {
    const { times, read } = setUp();
    await read(0, at(60), at(59));
    times.splice(0, 10);
    expect((await read(0, at(60), at(59.9)))?.length).toBe(60);
    expect((await read(0, at(60), at(60)))?.length).toBe(50);
  });

  test('is read whole where it begins earlier than before, and where the clock was set back', async () => {
    const { reads, read } = setUp();
    await read(at(10), at(60), at(59));
    await read(at(5), at(60), at(59));
    await read(at(5), at(60), at(30));
    expect(reads.map(({ fromMs }) => fromMs)).toEqual([at(10), at(5), at(5)]);
  });

  test('fails where its end cannot be read, and is whole again afterwards', async () => {
    const { read, break: breakReading } = setUp();
    await read(0, at(60), at(59));
    breakReading();
    expect(await read(0, at(60), at(59))).toBeNull();
  });

  test('asks for nothing where a range of the past has nothing new to read', async () => {
    const { read, reads } = setUp();
    const past = await read(at(10), at(20), at(60));
    expect(await read(at(10), at(20), at(60) + 15_000)).toEqual(past);
    expect(reads).toEqual([{ fromMs: at(10), toMs: at(20) }]);
  });
});
