import { describe, expect, it } from 'vitest';
import { decode, encodeInto, placeOf } from '../../../../src/core/bash/utf8.ts';

const texts = ['', 'plain', 'é', '☃', '😀', 'a\ud800b', '\udc00', 'mixed é ☃ 😀 end'];

describe('UTF-8 by hand', () => {
  it.each(texts)('encodes %j as TextEncoder does', (text) => {
    const target = new Uint8Array(100);
    const { next, written } = encodeInto(text, 0, target);
    expect(next).toBe(text.length);
    expect([...target.subarray(0, written)]).toEqual([...new TextEncoder().encode(text)]);
  });

  it('never splits a character between two buffers', () => {
    for (const text of texts) {
      const bytes: number[] = [];
      for (let at = 0; at < text.length;) {
        const target = new Uint8Array(5);
        const { next, written } = encodeInto(text, at, target);
        bytes.push(...target.subarray(0, written));
        at = next;
      }
      expect(bytes).toEqual([...new TextEncoder().encode(text)]);
    }
  });

  it('decodes what it can', () => {
    for (const text of texts.slice(0, 5)) expect(decode(new TextEncoder().encode(text))).toBe(text);
    expect(decode(Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x98))).toBe('a\ufffdb\ufffd');
  });

  it('finds places by byte offset', () => {
    const text = 'é\n😀x';
    expect(placeOf(text, 0)).toEqual({ offset: 0, line: 1, column: 1 });
    expect(placeOf(text, 3)).toEqual({ offset: 2, line: 2, column: 1 });
    expect(placeOf(text, 7)).toEqual({ offset: 4, line: 2, column: 3 });
    expect(placeOf(new TextEncoder().encode(text), 7)).toEqual({ offset: 7, line: 2, column: 3 });
    expect(placeOf(text, 99)).toMatchObject({ offset: 5, line: 2 });
  });
});
