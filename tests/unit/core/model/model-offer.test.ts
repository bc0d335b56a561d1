import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseModelOffer } from '../../../../src/core/model/model-offer.ts';

const manifest: unknown = JSON.parse(
  readFileSync(
    new URL('../../../../public/models/shellwright-bash-116m/manifest.json', import.meta.url),
    'utf8',
  ),
);

describe('parseModelOffer', () => {
  test('reads the manifest that this site ships', () => {
    const result = parseModelOffer(manifest);
    if (!result.ok) throw new Error(result.failure.message);
    expect(result.value).toMatchObject({ id: 'shellwright-bash-116m', licence: 'Apache-2.0' });
    expect(result.value.files.every((file) => /^[0-9a-f]{64}$/u.test(file.sha256))).toBe(true);
    expect(result.value.downloadBytes).toBeLessThan(100_000_000);
    expect(result.value.downloadBytes).toBe(
      result.value.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    );
  });

  test.each([
    ['nothing', null],
    ['a page in its place', '<!doctype html>'],
    ['no files', { id: 'a', name: 'A', baseModel: 'B', licence: 'MIT' }],
    ['a file without a size', { ...(manifest as object), files: [{ path: 'a', sha256: 'b' }] }],
    ['no licence', { ...(manifest as object), licence: undefined }],
  ])('refuses %s', (_, input) => {
    expect(parseModelOffer(input)).toMatchObject({
      ok: false,
      failure: { code: 'model/manifest-invalid' },
    });
  });
});
