/** What is known of a model when its manifest cannot be had, with the browser's own storage. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchModelOffer } from '../../src/bridge/model-offer-client.ts';
import { storedManifest } from '../../src/store/model-storage.ts';

const BASE_URL = 'https://models.example/tiny/';

function manifest(name: string): unknown {
  const files = [{ path: 'pack.bin', bytes: 5, sha256: 'a'.repeat(64) }];
  return { id: 'tiny', name, baseModel: 'b', licence: 'MIT', files };
}

const ask = vi.spyOn(globalThis, 'fetch');

async function offered(): Promise<string> {
  const result = await fetchModelOffer(BASE_URL, storedManifest);
  return result.ok ? result.value.name : result.failure.code;
}

beforeEach(async () => {
  await caches.delete('shellwright-manifests');
});

afterEach(() => ask.mockReset());

test('is what the engine keeps of the model on the device', async () => {
  ask.mockRejectedValue(new TypeError('no connection'));
  expect(await offered()).toBe('model/download-failed');
  const kept = await caches.open('shellwright-manifests');
  await kept.put(`${BASE_URL}manifest.json`, Response.json(manifest('v1')));
  expect(await offered()).toBe('v1');
  ask.mockResolvedValue(Response.json(manifest('v2')));
  expect(await offered()).toBe('v2');
});

test('is nothing where the model is gone from the site', async () => {
  const kept = await caches.open('shellwright-manifests');
  await kept.put(`${BASE_URL}manifest.json`, Response.json(manifest('v1')));
  ask.mockResolvedValue(new Response('', { status: 404 }));
  expect(await offered()).toBe('model/not-found');
});
