import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, readJson } from '../../../src/sw/endpoints/read-body.ts';

const JSON_TYPE = 'application/json';

function request(body: BodyInit, type: string | null = JSON_TYPE): Request {
  const headers = new Headers(type === null ? {} : { 'Content-Type': type });
  // Node asks for it where the body is a stream; the types of browsers do not know it.
  const duplex = { duplex: 'half' } as object;
  return new Request('https://example.org/generate', { method: 'POST', headers, body, ...duplex });
}

/** JSON of exactly so many bytes. */
const sized = (bytes: number): string => `"${'a'.repeat(bytes - 2)}"`;

describe('the body of a request', () => {
  it.each([JSON_TYPE, 'APPLICATION/JSON', 'application/json; charset=utf-8'])(
    'is read as %s',
    async (type) => {
      expect(await readJson(request('{"prompt":"größer"}', type))).toEqual({
        ok: true,
        value: { prompt: 'größer' },
      });
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'is refused as %j',
    async (type) => {
      expect(await readJson(request('{}', type))).toMatchObject({
        problem: { status: 415, field: 'Content-Type' },
      });
    },
  );

  it.each(['', '{', 'undefined', '{"a":1}x'])(
    'is refused where it is no JSON: %j',
    async (text) => {
      expect(await readJson(request(text))).toMatchObject({
        problem: { code: 'endpoint/invalid-json', field: 'body' },
      });
    },
  );

  it('is refused where it is no UTF-8', async () => {
    expect(await readJson(request(new Uint8Array([0x22, 0xff, 0x22])))).toMatchObject({
      problem: { code: 'endpoint/invalid-json' },
    });
  });

  it('may have as many bytes as the limit, and not one more', async () => {
    expect(await readJson(request(sized(MAX_BODY_BYTES)))).toMatchObject({ ok: true });
    expect(await readJson(request(sized(MAX_BODY_BYTES + 1)))).toMatchObject({
      problem: { status: 413, code: 'endpoint/too-large' },
    });
  });

  it('counts bytes, not characters', async () => {
    const text = `"${'ß'.repeat(MAX_BODY_BYTES / 2)}"`;
    expect(await readJson(request(text))).toMatchObject({ problem: { status: 413 } });
  });

  it('is not read to its end where it is too large', async () => {
    let pulls = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulls += 1;
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    expect(await readJson(request(endless))).toMatchObject({ problem: { status: 413 } });
    expect(pulls).toBeLessThan(20);
  });
});
