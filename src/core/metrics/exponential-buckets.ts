/**
 * The buckets of base-2 exponential histograms at scale 5 (OpenTelemetry data model): bucket i holds values in
 * (2^(i/32), 2^((i+1)/32)]. The index comes from the bits of the number and a table, so that it is the same on every
 * engine, powers of two included; Math.log2 may be off by a bucket there.
 */

export const BUCKETS_PER_DOUBLING = 32;

/** 2^(k/32), rounded down: a double is at most the true power exactly if it is at most this one. */
const POWERS = [
  1, 1.0218971486541166, 1.0442737824274138, 1.0671404006768235, 1.0905077326652575,
  1.1143867425958924, 1.1387886347566916, 1.1637248587775775, 1.189207115002721, 1.2152473599804687,
  1.241857812073484, 1.2690509571917332, 1.2968395546510096, 1.325236643159741, 1.3542555469368927,
  1.3839098819638318, 1.414213562373095, 1.4451808069770464, 1.4768261459394991, 1.5091644275934226,
  1.5422108254079407, 1.5759808451078863, 1.6104903319492543, 1.6457554781539647, 1.681792830507429,
  1.7186192981224777, 1.7562521603732995, 1.7947090750031072, 1.8340080864093424,
  1.8741676341102997, 1.9152065613971472, 1.9571441241754002,
] as const;

const MIN_NORMAL = 2 ** -1022;
const bits = new DataView(new ArrayBuffer(8));

/** `value` is finite and above 0. Numbers too small for their full precision share the lowest bucket. */
export function bucketIndex(value: number): number {
  bits.setFloat64(0, Math.max(value, MIN_NORMAL));
  const high = bits.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  bits.setUint32(0, (high & 0x000f_ffff) | 0x3ff0_0000);
  const mantissa = bits.getFloat64(0);
  let below = 0;
  for (let step = BUCKETS_PER_DOUBLING / 2; step >= 1; step /= 2) {
    if (mantissa > (POWERS[below + step] ?? 2)) below += step;
  }
  // Upper edges belong to their bucket, so exactly 2^e is the last of the doubling before.
  return exponent * BUCKETS_PER_DOUBLING + (mantissa === 1 ? -1 : below);
}

/** 2^(index/32), the edge that bucket `index` does not hold. */
export function lowerEdge(index: number): number {
  const doubling = Math.floor(index / BUCKETS_PER_DOUBLING);
  return (POWERS[index - doubling * BUCKETS_PER_DOUBLING] ?? 1) * 2 ** doubling;
}

/** The value whose relative distance to both edges is the same: at most 1.09 % from every value of the bucket. */
export function bucketMiddle(index: number): number {
  const lower = lowerEdge(index);
  const upper = lowerEdge(index + 1);
  return (2 * lower * upper) / (lower + upper);
}
