import { expect, test } from 'vitest';
import { usableDtypes } from '../../../../src/engine/hub/choose-files.ts';

test.each([
  ['webgpu', true, 'q4f16'],
  ['webgpu', false, 'q4'],
  ['wasm', false, 'q8'],
] as const)('prefers on %s with f16 %s: %s', (backend, hasF16, expected) => {
  expect(usableDtypes(backend, hasF16, null)[0]).toBe(expected);
});

test('never offers f16 to an adapter that cannot compute it, nor to WASM', () => {
  for (const dtypes of [usableDtypes('webgpu', false, null), usableDtypes('wasm', true, null)]) {
    expect(dtypes.filter((dtype) => dtype.includes('f16') || dtype === 'fp16')).toEqual([]);
  }
});

test('keeps to the precision that was asked for', () => {
  expect(usableDtypes('webgpu', true, 'f32')).not.toContain('q4f16');
  expect(usableDtypes('wasm', false, 'int8')).toEqual(['q8', 'int8', 'uint8']);
  expect(usableDtypes('wasm', false, 'f32')[0]).toBe('fp32');
});
