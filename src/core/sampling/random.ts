/** A small seeded random number generator, so that the same seed writes the same text on every machine. */

export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by twelve discarded rounds as its author advises.
 * @param seed integer in [0, 2^32)
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < 12; round++) next();
  return { next };
}
