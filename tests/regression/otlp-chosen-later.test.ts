/** A signal that was chosen again was sent from where it had ended, with all that was measured while nobody wanted it sent. */
import { expect, test } from 'vitest';
import { OtlpCursor } from '../../src/monitor/otlp-cursor.ts';

test('what is forgotten of a signal leaves the others', () => {
  let text = '{"metrics":5,"logs":41}';
  const cursor = new OtlpCursor({ read: () => text, write: (written) => (text = written) });
  cursor.forget(['logs', 'traces']);
  expect(JSON.parse(text)).toEqual({ metrics: 5 });
  cursor.forget(['metrics']);
  expect(text).toBe('');
});
