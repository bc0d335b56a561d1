import { describe, expect, it } from 'vitest';
import { StopFilter } from '../../../../src/core/prompt/stop-filter.ts';

/** Everything that comes out when a text goes in in pieces of `size`. */
function run(stops: string[], text: string, size: number): { text: string; stopped: boolean } {
  const filter = new StopFilter(stops);
  let out = '';
  for (let at = 0; at < text.length; at += size) {
    const piece = filter.push(text.slice(at, at + size));
    out += piece.text;
    if (piece.stopped) return { text: out, stopped: true };
  }
  return { text: out + filter.flush(), stopped: false };
}

describe('stop strings', () => {
  it.each([
    [['\n```'], 'ls -la\n```\nThis lists', 'ls -la', true],
    [['\n```'], 'echo "`date`"\n', 'echo "`date`"\n', false],
    [['ab', 'b'], 'xxaab', 'xxa', true],
    [['aab'], 'aaab', 'a', true],
    [['EOF', 'END'], 'cat <<EN', 'cat <<EN', false],
    [[], 'anything', 'anything', false],
  ])('%j in %j', (stops, text, expected, stopped) => {
    for (let size = 1; size <= text.length; size++) {
      expect(run(stops, text, size)).toEqual({ text: expected, stopped });
    }
  });

  it('lets go at once of what cannot become a stop string', () => {
    const filter = new StopFilter(['\n```']);
    expect(filter.push('ls\n').text).toBe('ls');
    expect(filter.push('pwd').text).toBe('\npwd');
  });
});
