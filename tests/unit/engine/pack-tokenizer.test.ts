/** The tokenizer of the shipped model beside the reference's, on 5,000 strings. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PackTokenizer } from '../../../src/engine/pack/pack-tokenizer.ts';

const parsed = PackTokenizer.parse(
  readFileSync('public/models/shellwright-bash-116m/tokenizer.json'),
);
if (!parsed.ok) throw new Error(parsed.failure.code);
const tokenizer = parsed.value;

/** [text, ids], and [text, ids, ids as plain text] where control tokens in the text make a difference. */
type Row = readonly [string, readonly number[], (readonly number[])?];

const rows = JSON.parse(
  gunzipSync(readFileSync('tests/fixtures/model/tokenizer-parity.json.gz')).toString(),
) as Row[];

describe('the tokenizer', () => {
  it('agrees with the reference on 5,000 strings', { timeout: 60_000 }, () => {
    expect(rows.length).toBeGreaterThanOrEqual(5_000);
    const different = rows.filter(
      ([text, ids, plainIds]) =>
        tokenizer.encode(text).join() !== ids.join() ||
        tokenizer.encodePlain(text).join() !== (plainIds ?? ids).join(),
    );
    expect(different.slice(0, 5)).toEqual([]);
  });

  it('gives the bytes of every text back', () => {
    const encoder = new TextEncoder();
    for (const [text] of rows) {
      const bytes = tokenizer.encodePlain(text).flatMap((id) => [...tokenizer.bytesOf(id)]);
      expect(bytes).toEqual([...encoder.encode(text)]);
    }
  });

  it.each(['', '{}', 'no json', '{"model": {"type": "Unigram", "vocab": []}}'])(
    'refuses %j',
    (content) => {
      expect(PackTokenizer.parse(new TextEncoder().encode(content))).toMatchObject({
        ok: false,
        failure: { code: 'tokenizer/invalid' },
      });
    },
  );
});
