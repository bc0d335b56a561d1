import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../../src/core/model/parse-manifest.ts';

const shipped = (): Record<string, unknown> =>
  JSON.parse(readFileSync('public/models/shellwright-bash-116m/manifest.json', 'utf8')) as Record<
    string,
    unknown
  >;

/** The shipped manifest with one field replaced. */
function changed(path: string, value: unknown): unknown {
  const manifest = shipped();
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let place = manifest;
  for (const key of keys) place = place[key] as Record<string, unknown>;
  place[last] = value;
  return manifest;
}

describe('the description of a model', () => {
  it('accepts the one that is shipped, and keeps every field that the engine uses', () => {
    const result = parseManifest(shipped());
    expect(result.ok ? null : result.failure).toBeNull();
    expect(result.ok && result.value).toMatchObject({ id: 'shellwright-bash-116m', format: 1 });
  });

  it.each([
    ['format', 2],
    ['id', '../up'],
    ['architecture.layers', 0],
    ['architecture.vocabSize', '16384'],
    ['tokenizer.path', 'elsewhere.json'],
    ['prompt.stopTokens', [-1]],
    ['files.0.path', '../../etc/passwd'],
    ['files.0.path', '/absolute'],
    ['files.0.sha256', 'abc'],
    ['files.0.bytes', -1],
    ['pack.bytes', 5],
    ['pack.tensors.0.offset', 1e12],
    ['pack.tensors.0.dtype', 'q3'],
    ['graphs.wasm-f32.path', 'none.onnx'],
    ['graphs.wasm-f32.externalData.1.tensors.0.as', 'magic'],
    ['graphs.wasm-f32.externalData.1.tensors.0.from', 'nothing'],
    ['graphs.wasm-f32.externalData.1.tensors.0.offset', 1e12],
    ['graphs', undefined],
  ])('refuses a wrong %s (%j), naming a field', (path, value) => {
    const result = parseManifest(changed(path, value));
    expect(result.ok ? null : result.failure.code).toBe('model/manifest-invalid');
    expect(result.ok ? '' : result.failure.detail?.['field']).toMatch(/^manifest\./);
  });

  it.each([null, 'text', [], 7])('refuses %j', (input) => {
    expect(parseManifest(input).ok).toBe(false);
  });
});
