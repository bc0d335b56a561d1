import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PARAMETERS,
  type ParsedRequest,
} from '../../../../src/core/prompt/parse-parameters.ts';
import { decodeShare, encodeShare } from '../../../../src/core/share/share-link.ts';

function request(prompt: string, change: Partial<ParsedRequest['parameters']> = {}): ParsedRequest {
  return { prompt, parameters: { ...DEFAULT_PARAMETERS, ...change } };
}

describe('a share link', () => {
  test('says in plain sight what it asks for, and leaves defaults out', () => {
    expect(encodeShare(request('list files', { temperature: 0.4 }))).toBe(
      'v=1&prompt=list%20files&temperature=0.4&end',
    );
  });

  test.each([
    ['plain English', request('find files over 100 MB & sort them = done?')],
    ['a script with line breaks', request('#!/bin/bash\nset -e\n\techo "50% of #1" | tr a b\n')],
    ['other scripts and emoji', request('zähle 数 🐚 ‏עברית')],
    [
      'every parameter',
      request('x', {
        temperature: 1.25,
        top_k: 0,
        top_p: 0.5,
        min_p: 0.05,
        repetition_penalty: 1,
        seed: 4_294_967_295,
        max_tokens: 1,
        timeout_ms: 100,
        stop: ['\n\n', '&end', '# 100%'],
        guard: false,
      }),
    ],
  ])('brings back %s', (_, original) => {
    expect(decodeShare(encodeShare(original))).toEqual({ ok: true, value: original });
  });

  test('replaces half of a surrogate pair, which no link can hold', () => {
    const result = decodeShare(encodeShare(request('a\uD83Db')));
    expect(result).toMatchObject({ ok: true, value: { prompt: 'a\uFFFDb' } });
  });

  test('reads a link that took the full stop after it along', () => {
    expect(decodeShare(`${encodeShare(request('ls'))}.`)).toMatchObject({ ok: true });
    expect(decodeShare(`${encodeShare(request('ls'))}).`)).toMatchObject({ ok: true });
  });

  test('is refused wherever it has been cut off', () => {
    const link = encodeShare(request('count the lines, please', { seed: 12 }));
    for (let length = 0; length < link.length; length++) {
      const result = decodeShare(link.slice(0, length));
      expect(result).toMatchObject({ ok: false, failure: { code: 'share/invalid-link' } });
    }
  });

  test.each([
    ['of another version', 'v=2&prompt=ls&end'],
    ['without a version', 'prompt=ls&end'],
    ['with broken percent-encoding', 'v=1&prompt=%E0%A4%A&end'],
    ['with a field that is none', 'v=1&prompt=ls&nonsense&end'],
    ['with an empty number', 'v=1&prompt=ls&seed=&end'],
  ])('%s is refused', (_, query) => {
    expect(decodeShare(query)).toMatchObject({
      ok: false,
      failure: { code: 'share/invalid-link' },
    });
  });

  test.each([
    ['temperature', 'v=1&prompt=ls&temperature=9&end'],
    ['top_k', 'v=1&prompt=ls&top_k=many&end'],
    ['guard', 'v=1&prompt=ls&guard=0&end'],
    ['guard', 'v=1&prompt=ls&guard=constructor&end'],
    ['colour', 'v=1&prompt=ls&colour=1&end'],
    ['prompt', 'v=1&prompt=&end'],
    ['prompt', 'v=1&end'],
  ])('that asks for a bad %s is refused by that name', (field, query) => {
    expect(decodeShare(query)).toMatchObject({
      ok: false,
      failure: { code: 'request/invalid-parameter', detail: { field } },
    });
  });
});
