import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../src/contracts/failure.ts';
import { createVerifiedFetch } from '../../../src/engine/embedding/verified-fetch.ts';

const BASE = 'https://example.org/models/m/';
const GRAPH = 'the graph';

function setUp(answers: Partial<Record<string, string | null>> = {}) {
  const asked: string[] = [];
  const files: Partial<Record<string, string | null>> = {
    'manifest.json': JSON.stringify({
      files: [
        {
          path: 'onnx/model.onnx',
          bytes: GRAPH.length,
          sha256: createHash('sha256').update(GRAPH).digest('hex'),
        },
      ],
    }),
    'onnx/model.onnx': GRAPH,
    ...answers,
  };
  const verified = createVerifiedFetch({
    baseUrl: BASE,
    fetch: (input) => {
      const path = (input as string).slice(BASE.length);
      asked.push(path);
      const body = files[path];
      if (body === null) return Promise.reject(new TypeError('no network'));
      return Promise.resolve(
        new Response(body ?? 'no', { status: body === undefined ? 404 : 200 }),
      );
    },
  });
  return { verified, asked };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FailureError)) throw new Error('it did not fail as it should');
  return error.code;
}

describe('files of a model by its manifest', () => {
  it('are handed on when size and checksum are right; the manifest is read once', async () => {
    const { verified, asked } = setUp();
    expect(await (await verified(`${BASE}onnx/model.onnx`)).text()).toBe(GRAPH);
    await verified(`${BASE}onnx/model.onnx`);
    expect(asked).toEqual(['manifest.json', 'onnx/model.onnx', 'onnx/model.onnx']);
  });

  it('tell their size without being fetched', async () => {
    const { verified, asked } = setUp();
    const response = await verified(`${BASE}onnx/model.onnx`, { headers: { Range: 'bytes=0-0' } });
    expect(response.headers.get('content-range')).toBe(`bytes 0-0/${GRAPH.length}`);
    expect(asked).toEqual(['manifest.json']);
  });

  it('are absent where the manifest has none, without asking the server', async () => {
    const { verified, asked } = setUp();
    expect((await verified(`${BASE}generation_config.json`)).status).toBe(404);
    expect((await verified('https://elsewhere.example/onnx/model.onnx')).status).toBe(404);
    expect(asked).toEqual(['manifest.json']);
  });

  it.each<[string, Partial<Record<string, string | null>>, string]>([
    ['damaged', { 'onnx/model.onnx': 'the grap_' }, 'model/checksum-mismatch'],
    ['cut off', { 'onnx/model.onnx': 'the gra' }, 'model/checksum-mismatch'],
    ['out of reach', { 'onnx/model.onnx': null }, 'model/offline'],
    ['not on the server', { 'onnx/model.onnx': undefined }, 'model/download-failed'],
    ['described by a page', { 'manifest.json': '<!doctype html>' }, 'model/manifest-invalid'],
  ])('are refused where they are %s', async (_, answers, code) => {
    expect(await codeOf(setUp(answers).verified(`${BASE}onnx/model.onnx`))).toBe(code);
  });
});
