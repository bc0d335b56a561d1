import { expect, it } from 'vitest';
import { fingerprintOf } from '../../../../src/core/alerts/fingerprint.ts';

it('does not depend on the order of the labels', () => {
  expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
});

it('depends on names, values and where one ends', () => {
  const all = [{ a: 'bc' }, { ab: 'c' }, { a: 'b', c: '' }, { a: 'b' }, {}].map(fingerprintOf);
  expect(new Set(all).size).toBe(all.length);
});

it('is what Alertmanager 0.25 shows for the same labels', () => {
  const labels = { alertname: 'Slow answers', severity: 'critical', rule: 'slow' };
  expect(fingerprintOf({ ...labels, instance: 'browser-1' })).toBe('df8666292fa4e7ec');
  expect(fingerprintOf({ alertname: 'Zürich 🚨', severity: 'info' })).toBe('05c6f463423582a3');
});
