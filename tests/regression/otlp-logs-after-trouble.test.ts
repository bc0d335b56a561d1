/**
 * The sender wrote down the id of a line that was in memory only, while the disk was full; behind it no line of the disk
 * ever came, and logs ended for good.
 */
import { expect, test } from 'vitest';
import { OtlpCursor } from '../../src/monitor/otlp-cursor.ts';

const cursorOf = (text: string) => new OtlpCursor({ read: () => text, write: () => undefined });

test('a browser in which that has happened begins anew', () => {
  expect(cursorOf('{"logs":1099511627780}').read(['logs'], 0)).toEqual({});
  expect(cursorOf('{"logs":41}').read(['logs'], 0)).toEqual({ logs: 41 });
});
