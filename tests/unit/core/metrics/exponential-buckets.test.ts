import { describe, expect, test } from 'vitest';
import {
  bucketIndex,
  bucketMiddle,
  lowerEdge,
} from '../../../../src/core/metrics/exponential-buckets.ts';
import { seededRandom } from '../../../../src/core/sampling/random.ts';

const bits = new DataView(new ArrayBuffer(8));

/** The double `steps` above `value`, or below it. */
function neighbour(value: number, steps: number): number {
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(steps));
  return bits.getFloat64(0);
}

/** The index by whole-number arithmetic: 2^(i/32) < v is 2^i < v^32, which integers can decide. */
function exactIndex(value: number): number {
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn) - 1023;
  const mantissa = (raw & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n;
  const power = mantissa ** 32n;
  let k = 0;
  // v = mantissa * 2^(exponent - 52); the largest k with 2^k * 2^(52 * 32) < mantissa^32.
  while (1n << BigInt(k + 1 + 52 * 32) < power) k += 1;
  return exponent * 32 + (power === 1n << BigInt(52 * 32) ? -1 : k);
}

describe('bucketIndex', () => {
  test.each([-1022, -300, -20, -7, -1, 0, 1, 2, 10, 53, 300, 1023])(
    'puts 2^%i into the bucket that ends with it, and the next double into the one after',
    (exponent) => {
      const power = 2 ** exponent;
      expect(bucketIndex(power)).toBe(exponent * 32 - 1);
      expect(bucketIndex(neighbour(power, 1))).toBe(exponent * 32);
      if (exponent > -1022) expect(bucketIndex(neighbour(power, -1))).toBe(exponent * 32 - 1);
    },
  );

  test('agrees with whole-number arithmetic around every edge of a doubling', () => {
    for (let index = -64; index <= 64; index++) {
      const edge = lowerEdge(index);
      for (const step of [-2, -1, 0, 1, 2]) {
        const value = neighbour(edge, step);
        expect(bucketIndex(value), `${value}`).toBe(exactIndex(value));
      }
    }
  });

  test('agrees with whole-number arithmetic for numbers of every size', () => {
    const random = seededRandom(11);
    for (let i = 0; i < 2_000; i++) {
      const value = (1 + random.next()) * 2 ** Math.floor(random.next() * 60 - 30);
      expect(bucketIndex(value), `${value}`).toBe(exactIndex(value));
    }
  });

  test('has a bucket for the smallest and the largest number', () => {
    expect(bucketIndex(Number.MIN_VALUE)).toBe(-1022 * 32 - 1);
    expect(bucketIndex(Number.MAX_VALUE)).toBe(1024 * 32 - 1);
  });
});

describe('bucketMiddle', () => {
  test('is at most 1.09 % from every value of its bucket', () => {
    for (const index of [-640, -33, -1, 0, 17, 31, 32, 319]) {
      const middle = bucketMiddle(index);
      expect(bucketIndex(middle)).toBe(index);
      expect(middle / lowerEdge(index) - 1).toBeLessThan(0.0109);
      expect(1 - middle / lowerEdge(index + 1)).toBeLessThan(0.0109);
    }
  });
});
