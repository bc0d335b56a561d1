import { describe, expect, it } from 'vitest';
import { SourceId } from '../../../src/store/source-id.ts';

const ids = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'].map(
  (start) => `${start}-2222-4333-8444-555555555555`,
);

function counter(): () => string {
  let made = 0;
  return () => ids[made++] ?? '';
}

function storage(initial: string | null = null) {
  let value = initial;
  return {
    getItem: () => value,
    setItem: (_: string, text: string) => {
      value = text;
    },
  };
}

describe('the id of a browser’s measurements', () => {
  it('is made once and stays', () => {
    const stored = storage();
    expect(new SourceId(stored, counter(), 'source').read()).toBe(ids[0]);
    expect(new SourceId(stored, () => 'other', 'source').read()).toBe(ids[0]);
  });

  it('is another after it was renewed', () => {
    const source = new SourceId(storage(), counter(), 'source');
    source.read();
    expect(source.renew()).toBe(ids[1]);
    expect(source.read()).toBe(ids[1]);
  });

  it('is made anew where something else was stored', () => {
    expect(new SourceId(storage('<script>'), counter(), 'source').read()).toBe(ids[0]);
  });

  it('lasts as long as the page where nothing can be stored', () => {
    const denied = {
      getItem: () => {
        throw new Error('denied');
      },
      setItem: () => {
        throw new Error('denied');
      },
    };
    for (const source of [
      new SourceId(null, counter(), 'source'),
      new SourceId(denied, counter(), 'source'),
    ]) {
      expect([source.read(), source.read()]).toEqual([ids[0], ids[0]]);
    }
  });
});
