/** The same bytes as the Python reference (`python -m shellwright_model fixtures` wrote them). */
import { describe, expect, it } from 'vitest';
import type { ExpansionTransform, PackTensor } from '../../../../src/contracts/model-manifest.ts';
import { expandExternalData, expandTensor } from '../../../../src/core/weights/expand.ts';
import fixture from '../../../fixtures/model/expansion.json' with { type: 'json' };

const pack = fromBase64(fixture.packBase64);
const tensors = fixture.tensors as PackTensor[];
const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
const steps = fixture.steps.map((step) => ({
  from: step.from,
  as: step.as as ExpansionTransform,
  expected: fromBase64(step.base64),
}));

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

describe('expandTensor', () => {
  it.each(steps)('makes $as of $from as the reference does', ({ from, as, expected }) => {
    const offset = 8;
    const target = new Uint8Array(offset + expected.length + 4).fill(0xaa);
    expandTensor(pack, byName, { from, as, offset, bytes: expected.length }, target);
    expect([...target.subarray(offset, offset + expected.length)]).toEqual([...expected]);
    expect([...target.subarray(0, offset)]).toEqual(Array<number>(offset).fill(0xaa));
    expect([...target.subarray(offset + expected.length)]).toEqual(Array<number>(4).fill(0xaa));
  });

  it('reads a pack that is a part of a larger buffer', () => {
    const shifted = new Uint8Array(pack.length + 256).subarray(256);
    shifted.set(pack);
    for (const { from, as, expected } of steps) {
      const target = new Uint8Array(expected.length);
      expandTensor(shifted, byName, { from, as, offset: 0, bytes: expected.length }, target);
      expect([...target]).toEqual([...expected]);
    }
  });

  it('refuses a tensor that is not there, and one that is no matrix', () => {
    const step = { as: 'dequantise-f32', offset: 0, bytes: 32 } as const;
    const target = new Uint8Array(32);
    expect(() => expandTensor(pack, byName, { ...step, from: 'absent' }, target)).toThrow(
      RangeError,
    );
    expect(() => expandTensor(pack, byName, { ...step, from: 'halves' }, target)).toThrow(
      RangeError,
    );
  });
});

describe('expandExternalData', () => {
  it('lays every step where the recipe wants it and leaves gaps zero', () => {
    const placed = steps.map((step, index) => ({ ...step, offset: 4096 * index }));
    const file = expandExternalData(pack, tensors, {
      kind: 'expanded',
      path: 'expanded',
      bytes: 4096 * steps.length,
      tensors: placed.map(({ from, as, offset, expected }) => {
        return { from, as, offset, bytes: expected.length };
      }),
    });
    for (const { offset, expected } of placed) {
      expect([...file.subarray(offset, offset + expected.length)]).toEqual([...expected]);
      expect(
        file.subarray(offset + expected.length, offset + 4096).every((byte) => byte === 0),
      ).toBe(true);
    }
  });
});
