/** What makes the recogniser fit for decoding: prefixes of valid scripts live, broken ones never count as complete. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Generator } from '../../../scripts/bash-fuzz/generate.ts';
import { mutate } from '../../../scripts/bash-fuzz/mutate.ts';
import { Random } from '../../../scripts/bash-fuzz/random.ts';
import { loadParserModule } from '../../../scripts/lib/load-bash-syntax.ts';
import { readCorpus } from '../../../scripts/lib/syntax-corpus.ts';
import { BashSyntax } from '../../../src/core/bash/check-syntax.ts';
import { IncrementalParser, ParserSnapshot } from '../../../src/core/bash/incremental-parser.ts';

const module = loadParserModule();
const parser = new IncrementalParser(module);
const rows = [
  new URL('../../fixtures/syntax/hand.jsonl', import.meta.url),
  new URL('../../../../shared/syntax/mutated.jsonl.xz', import.meta.url),
]
  .filter((url) => existsSync(url))
  .flatMap((url) => readCorpus(url));
/** Spread evenly over the corpora, so that each kind of script is among them. */
function sample<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, i) => items[Math.floor(i * step)] as T,
  );
}
const valid = sample(
  rows.filter(({ exit }) => exit === 0),
  500,
);
const invalid = sample(
  rows.filter(({ exit }) => exit !== 0),
  500,
);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('prefixes', { timeout: 300_000 }, () => {
  it('never calls a prefix of a valid script dead, at any byte', () => {
    for (const { script } of valid) {
      parser.reset();
      for (let i = 0; i < script.length; i++)
        if (parser.push(script.subarray(i, i + 1)) !== 'viable')
          expect.fail(`dead after ${JSON.stringify(text(script.subarray(0, i + 1)))}`);
      expect(parser.state, text(script)).toBe('complete');
    }
  });

  it('nor where an early stop of bash is dead, if bash reads that script to its end', () => {
    const syntax = new BashSyntax(module);
    const strict = new IncrementalParser(module, { earlyStopIsDead: true });
    for (const { script } of valid.filter((row) => !syntax.checkSyntax(row.script).note)) {
      strict.reset();
      for (let i = 0; i < script.length; i++)
        if (strict.push(script.subarray(i, i + 1)) !== 'viable')
          expect.fail(`dead after ${JSON.stringify(text(script.subarray(0, i + 1)))}`);
      expect(strict.state, text(script)).toBe('complete');
    }
  });

  it('ends dead or incomplete on every script that bash rejects', () => {
    for (const { script } of invalid) {
      parser.reset();
      parser.push(script);
      expect(['dead', 'viable'], text(script)).toContain(parser.state);
    }
  });

  it('stays dead', () => {
    parser.reset();
    expect(parser.push(Buffer.from('fi '))).toBe('dead');
    expect(parser.push(Buffer.from('\necho\n'))).toBe('dead');
    expect(parser.state).toBe('dead');
  });

  it.each([
    ['echo a', 'complete'],
    ['', 'complete'],
    ['# only', 'complete'],
    ['if a', 'viable'],
    ['if a; then b; fi', 'complete'],
    ['echo "a', 'viable'],
    ['echo $(a', 'viable'],
    ['a &&', 'viable'],
    ['a & & ', 'dead'],
    ['a & &', 'viable'],
    ['a ;;', 'dead'],
    // Half a word is enough where no reserved word begins so.
    ['f() z', 'dead'],
    ['f() whil', 'viable'],
    ['f() whilst', 'dead'],
    ['case x o', 'dead'],
    ['case x i', 'viable'],
    ['for x in a; d', 'viable'],
    ['for x in a; e', 'dead'],
    ['f() "x', 'dead'],
    ['a=(1 &', 'dead'],
    ['a=(1 <', 'viable'],
    ['a=(1 <<', 'dead'],
    // A comment ends with a newline, which must fit.
    ['a > # b', 'dead'],
    ['for #', 'dead'],
    ['case x in a | #', 'dead'],
    ['case x #', 'viable'],
    ['if a; # b', 'viable'],
    ['x=$(for ((i=0;i<9;i++', 'viable'],
    ['x=$(for ((i=0;i<9;i++;', 'dead'],
    // Nothing but a reserved word fits, and an assignment is none.
    ['f() case=(', 'dead'],
    ['f() case', 'viable'],
    ['(a) {1', 'dead'],
    ['(a) {-', 'dead'],
    ['(a) {b', 'viable'],
    ['(a) {b[$(c)]', 'viable'],
    ['(a) {b}', 'viable'],
    ['(a) {b}c', 'dead'],
    ['(a) 1', 'viable'],
    ['(a) 1$', 'dead'],
    ['f() (( x + $(', 'viable'],
    ['function f (( $(', 'viable'],
    ['for ((a)); do echo "', 'viable'],
    // In a substitution, an error in [[ ]] is final.
    ['x=$([[ a;', 'dead'],
    ['x=$([[ -f a b', 'dead'],
    ['x=$([[ a == b ]', 'viable'],
    ['cat <<EOF; }\nhi', 'dead'],
    ['cat <<EOF\nhi', 'complete'],
    ['echo $([[ a b', 'dead'],
    ['[[ a b', 'complete'],
    ['[[ a b\\', 'viable'],
    ['[[ "a b', 'viable'],
    ['[[ a b ]]\nfi', 'complete'],
    ['((a) ', 'viable'],
    ['((a) &&', 'viable'],
    ['((a) fi', 'dead'],
  ])('%j is %s', (script, state) => {
    parser.reset();
    parser.push(Buffer.from(script));
    expect(parser.state).toBe(state);
  });

  it('can count an early stop of bash as dead', () => {
    const strict = new IncrementalParser(module, { earlyStopIsDead: true });
    const states = ['[[ a b', '[[ a b ]]\n', 'for ((i=0)); ', '[[ a == b ]]\n'].map((script) => {
      strict.reset();
      strict.push(Buffer.from(script));
      return strict.state;
    });
    expect(states).toEqual(['dead', 'dead', 'dead', 'complete']);
  });

  const strict = new IncrementalParser(module, { earlyStopIsDead: true });
  const stateOf = (script: string) => {
    strict.reset();
    strict.push(Buffer.from(script));
    return strict.state;
  };

  it.each([
    ...['[[ a;', '[[ $a -gt 5 ;', '[[ -f a -a', '[[ a == b -o', '[[ a == b c', '[[ a ]x'],
    ...['[[ a (', '[[ -f &', '[[ &', '[[ |', "[[ a '", '[[ $a "', '[[ a `', '[[ a $(', '[[ a <('],
    ...['[[ -f a <(', '[[ a == #', '[[ -f #', '[[ a #', '[[ a <<', '[[ a ==<', '[[ a == &'],
    ...['[[ ( a ]', '[[ ( a == b ]', '[[ a ]<', '[[ a ;;', '[[ a &>', '[[ a && &'],
    'for ((a;b;c;',
  ])('%j has no continuation that bash reads to its end', (script) => {
    expect(stateOf(script)).toBe('dead');
  });

  it.each([
    ...[
      '[[ ( a == b ) ]',
      '[[ a == <(b) ]',
      '[[ -f <(b',
      '[[ <',
      '[[ ( ( ! a',
      '[[ a =',
      '[[ a -e',
    ],
    ...[
      '[[ a !',
      '[[ a &',
      '[[ a |',
      '[[ a <',
      '[[ a == b &',
      '[[ a\\\n ]',
      '[[ a == @(b|',
      '[[ #',
    ],
    ...['[[ a == b #', '[[ a =~ (b', '[[ a =~ $(b', '[[ "a" ]', '[[ a && -f b ||', '[[ a ]]<'],
    // An end would be one of an early stop.
    ...['if [[ -f a && -f b ]]; then\n[[ -f c &', 'if [[ -n $x ]', '[[ -n $x', '[[ $x -'],
  ])('%j has one, and is not complete', (script) => {
    expect(stateOf(script)).toBe('viable');
  });
});

describe('snapshots', { timeout: 300_000 }, () => {
  /** Scripts that reach every corner: replays, here-documents, arrays, nesting, errors. */
  const scripts = Array.from({ length: 400 }, (_, i) => {
    const random = new Random(i);
    const script = new Generator(random).script();
    return Buffer.from(i % 2 ? mutate(script, random, 1) : script);
  });

  it('restore(snapshot()) and the same bytes give the same verdict, from any place and in any order', () => {
    const syntax = new BashSyntax(module);
    const other = new IncrementalParser(module);
    const random = new Random(7);
    for (const script of scripts) {
      const expected = syntax.checkSyntax(script);
      const cut = random.below(script.length + 1);
      const kept = new ParserSnapshot();
      parser.reset();
      parser.push(script.subarray(0, cut));
      const stateThere = parser.state;
      parser.snapshot(kept);
      // Something else happens in between, also an end.
      parser.push(random.pick(scripts));
      parser.finish();
      parser.restore(kept);
      expect(parser.state).toBe(stateThere);
      parser.push(script.subarray(cut));
      const again = parser.finish();
      expect(again.result, text(script)).toBe(expected.result);
      expect(again.problem?.message).toBe(expected.problem?.message);
      expect(again.problem?.line).toBe(expected.problem?.line);
      other.restore(kept);
      other.push(script.subarray(cut));
      expect(other.finish().result).toBe(expected.result);
    }
  });

  it('a probe leaves no trace and tells what push would', () => {
    const random = new Random(8);
    for (const script of scripts.slice(0, 150)) {
      parser.reset();
      for (let at = 0; at < script.length;) {
        const bytes = script.subarray(at, (at += 1 + random.below(12)));
        const before = parser.state;
        const probed = parser.probe(bytes);
        parser.probe(random.pick(scripts));
        expect(parser.state).toBe(before);
        expect(parser.push(bytes)).toBe(probed);
      }
    }
  });

  it('keeps a small state small', () => {
    parser.reset();
    parser.push(Buffer.from('for i in *; do if [ -f "$i" ]; then echo "$(basename "$i'));
    expect(parser.snapshot().length).toBeLessThan(1500);
  });
});
