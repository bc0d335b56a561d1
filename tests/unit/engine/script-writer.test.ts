/** The syntax guard in the hands of the writer, with the real recogniser. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IncrementalParser } from '../../../src/core/bash/incremental-parser.ts';
import { ParserModule } from '../../../src/core/bash/parser-module.ts';
import { SyntaxGuard } from '../../../src/core/bash/syntax-guard.ts';
import { ScriptWriter } from '../../../src/engine/pack/script-writer.ts';

const module = ParserModule.compileNow(readFileSync('bash-parser/build/bash-parser.wasm'));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function writerFor(beginning = '', stops = ['\n```']): ScriptWriter {
  return new ScriptWriter(stops, new SyntaxGuard(new IncrementalParser(module), bytes(beginning)));
}

/** Writes pieces that must be allowed; returns the text. */
function write(writer: ScriptWriter, ...pieces: string[]): string {
  let text = '';
  for (const piece of pieces) {
    expect(writer.allows(bytes(piece)), piece).toBe(true);
    text += writer.push(bytes(piece)).text;
  }
  return text;
}

describe('a guarded script', () => {
  it.each([
    ['a word that cannot come here', 'if true; then ls; ', 'done'],
    ['a second operator', 'ls | ', '| wc'],
    ['a closing sign that nothing opened', 'ls ', ')'],
    ['an empty body', 'for f in *; do ', 'done'],
  ])('refuses %s', (_name, before, next) => {
    const writer = writerFor();
    write(writer, before);
    expect(writer.allows(bytes(`${next}\n`))).toBe(false);
    expect(writer.report(false)).toEqual({ on: true, refusedTokens: 1, cutBack: false });
  });

  it('may only end where it is complete', () => {
    const writer = writerFor();
    write(writer, 'if true; then', ' ls');
    expect(writer.allowsEnd()).toBe(false);
    write(writer, '; fi');
    expect(writer.allowsEnd()).toBe(true);
  });

  it('takes a stop string for the end, not for text', () => {
    const writer = writerFor();
    write(writer, 'echo "a', ' b"');
    expect(writer.allows(bytes('\n'))).toBe(true);
    writer.push(bytes('\n'));
    expect(writer.allows(bytes('```'))).toBe(true);
    expect(writer.push(bytes('```'))).toEqual({ text: '', stopped: true });
  });

  it('refuses a stop string where the script is not complete', () => {
    const writer = writerFor();
    write(writer, 'while read -r line; do');
    expect(writer.allows(bytes('\n```'))).toBe(false);
    expect(writer.report(false).refusedTokens).toBe(1);
  });

  it('lets the beginning of a stop string pass that would be no valid text', () => {
    const writer = writerFor('', ['))']);
    write(writer, 'ls');
    expect(writer.allows(bytes(')'))).toBe(true);
    writer.push(bytes(')'));
    expect(writer.allows(bytes('; pwd'))).toBe(false);
    expect(writer.allows(bytes(')'))).toBe(true);
  });

  it('is cut back to where it was complete', () => {
    const writer = writerFor();
    write(writer, 'ls -la', '\n', 'if true', '; then', ' echo "wör');
    writer.flush();
    expect(writer.cutBack()).toBe('ls -la\n');
  });

  it('is cut back between characters, never within one', () => {
    const writer = writerFor();
    write(writer, 'echo ü', ' "');
    writer.flush();
    expect(writer.cutBack()).toBe('echo ü ');
  });

  it('is left as it is when it is complete', () => {
    const writer = writerFor();
    write(writer, 'ls', ' -la');
    writer.flush();
    expect(writer.cutBack()).toBeNull();
  });

  it('goes on from the beginning of a script', () => {
    const writer = writerFor('#!/bin/bash\nfor f in *; do\n');
    expect(writer.allowsEnd()).toBe(false);
    write(writer, '  ls "$f"', '\n', 'done');
    expect(writer.allowsEnd()).toBe(true);
  });

  it('is left alone when its beginning is invalid already', () => {
    const writer = writerFor('#!/bin/bash\nfi\n');
    expect(writer.allows(bytes('done'))).toBe(true);
    expect(writer.allowsEnd()).toBe(true);
    expect(writer.report(false)).toEqual({ on: false, refusedTokens: 0, cutBack: false });
  });

  it('writes characters that are split over tokens', () => {
    const writer = writerFor();
    const [first, second] = bytes('ü');
    write(writer, 'echo ');
    expect(writer.allows(Uint8Array.of(first ?? 0))).toBe(true);
    expect(writer.push(Uint8Array.of(first ?? 0)).text).toBe('');
    expect(writer.push(Uint8Array.of(second ?? 0)).text).toBe('ü');
  });
});

describe('an unguarded script', () => {
  it('may be anything, and ends anywhere', () => {
    const writer = new ScriptWriter([], null);
    expect(writer.allows(bytes('fi fi )'))).toBe(true);
    expect(writer.allowsEnd()).toBe(true);
    expect(writer.cutBack()).toBeNull();
    expect(writer.report(false)).toEqual({ on: false, refusedTokens: 0, cutBack: false });
  });
});
