import { expect, test } from 'vitest';
import { TokenText } from '../../../../src/engine/hub/token-text.ts';

function write(decode: (ids: number[]) => string, tokens: readonly number[]): string[] {
  const text = new TokenText(decode);
  return [...tokens.map((token) => text.push(token)), text.flush()];
}

/** Each token is a byte, as in byte-level tokenizers. */
const bytes = (ids: number[]): string => new TextDecoder().decode(Uint8Array.from(ids));

test('a character that spans tokens appears when it is whole', () => {
  expect(write(bytes, [...new TextEncoder().encode('a€b')])).toEqual(['a', '', '', '€', 'b', '']);
});

test('a space that a tokenizer leaves out before the first token stays between words', () => {
  const words = ['find', 'all', 'files'];
  const sentencePiece = (ids: number[]): string => ids.map((id) => words[id]).join(' ');
  expect(write(sentencePiece, [0, 1, 2]).join('')).toBe('find all files');
});

test('bytes that are no character are not waited for, nor kept back at the end', () => {
  const pieces = write(bytes, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x61, 0xc3]);
  expect(pieces.slice(0, 7).join('')).toBe('');
  expect(pieces[7]).toBe('\uFFFD'.repeat(8));
  expect(pieces.slice(8)).toEqual(['a', '', '\uFFFD']);
});

test('a token without text, as a control token has none, changes nothing', () => {
  const decode = (ids: number[]): string => bytes(ids.filter((id) => id < 256));
  expect(write(decode, [0x61, 300, 0x62])).toEqual(['a', '', 'b', '']);
});
