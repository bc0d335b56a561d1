import { expect, test } from 'vitest';
import { TransferRate } from '../../../../src/core/progress/transfer-rate.ts';

function steady(bytesPerSecond: number, seconds: number): TransferRate {
  const rate = new TransferRate();
  for (let ms = 0; ms <= seconds * 1000; ms += 100) rate.add((bytesPerSecond * ms) / 1000, ms);
  return rate;
}

test('tells nothing before half a second has passed', () => {
  const rate = new TransferRate();
  expect(rate.bytesPerSecond(0)).toBeNull();
  rate.add(0, 0);
  rate.add(50_000, 100);
  expect(rate.bytesPerSecond(499)).toBeNull();
  expect(rate.bytesPerSecond(500)).toBe(100_000);
});

test('measures a steady transfer, however long it has gone on', () => {
  expect(steady(2_000_000, 2).bytesPerSecond(2_000)).toBeCloseTo(2_000_000, 0);
  expect(steady(2_000_000, 60).bytesPerSecond(60_000)).toBeCloseTo(2_000_000, 0);
});

test('follows a change of speed within five seconds', () => {
  const rate = steady(1_000_000, 20);
  for (let ms = 100; ms <= 5_100; ms += 100) rate.add(20_000_000 + ms * 100, 20_000 + ms);
  expect(rate.bytesPerSecond(25_100)).toBeCloseTo(100_000, -4);
});

test('falls to nothing while nothing arrives', () => {
  const rate = steady(1_000_000, 10);
  expect(rate.bytesPerSecond(12_500)).toBeCloseTo(500_000, -5);
  expect(rate.bytesPerSecond(16_000)).toBe(0);
  expect(rate.secondsLeft(1_000_000, 16_000)).toBeNull();
});

test('tells the time left', () => {
  expect(steady(1_000_000, 10).secondsLeft(30_000_000, 10_000)).toBeCloseTo(30, 3);
});

test('starts over when a damaged file is thrown away', () => {
  const rate = steady(1_000_000, 10);
  rate.add(2_000_000, 10_100);
  expect(rate.bytesPerSecond(10_200)).toBeNull();
});
