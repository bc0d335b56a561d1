import { expect, test } from 'vitest';
import type { LogLine } from '../../../../src/contracts/log-line.ts';
import { logFileName, logFileText, logLineText } from '../../../../src/core/format/log-text.ts';

const LINE: LogLine = {
  atEpochMs: Date.UTC(2026, 10, 24, 13, 2, 9, 512),
  level: 'warn',
  message: 'request ended',
  module: 'monitor',
  traceId: '5f0c2a9e1b7d4c3a9e2f0123456789ab',
  fields: { outcome: 'timeout', tokens: 12, isSuspended: false, code: null },
};

test('a line is one JSON object, encoded once', () => {
  expect(logLineText(LINE)).toBe(
    '{"time":"2026-11-24T13:02:09.512Z","level":"warn","message":"request ended","module":"monitor",' +
      '"trace_id":"5f0c2a9e1b7d4c3a9e2f0123456789ab",' +
      '"fields":{"outcome":"timeout","tokens":12,"isSuspended":false,"code":null}}',
  );
});

test('whatever a field holds, a file has one object a line', () => {
  const adapter = 'two\nlines\u2028and "quotes"\\';
  const text = logFileText([LINE, { ...LINE, traceId: null, fields: { adapter } }]);
  const lines = text.split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.pop()).toBe('');
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects[1]?.['fields']).toEqual({ adapter });
  expect(objects[1]?.['trace_id']).toBeNull();
  expect(logFileText([])).toBe('');
});

test('the file is named after its time', () => {
  expect(logFileName(LINE.atEpochMs)).toBe('shellwright-logs-2026-11-24T13-02-09.ndjson');
});
