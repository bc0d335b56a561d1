import { describe, expect, test } from 'vitest';
import { formatStopLines, parseStopLines } from '../../../../src/core/prompt/stop-sequences.ts';

describe('stop texts', () => {
  test('are typed one a line, with escapes', () => {
    expect(parseStopLines('# END\n\\n\\n\n\n\\t\\\\n')).toEqual(['# END', '\n\n', '\t\\n']);
  });

  test('keep an escape that is none', () => {
    expect(parseStopLines('\\d+\\')).toEqual(['\\d+\\']);
  });

  test.each([[[]], [['\n\n', '# END']], [['\\n', '\t', '\r\n', ' ']]])(
    '%j comes back as it went',
    (stop) => {
      expect(parseStopLines(formatStopLines(stop))).toEqual(stop);
    },
  );
});
