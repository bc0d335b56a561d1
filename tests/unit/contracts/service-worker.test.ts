import { expect, test } from 'vitest';
import { parseServiceWorkerMessage } from '../../../src/contracts/service-worker.ts';

test('accepts what the page sends', () => {
  expect(parseServiceWorkerMessage({ kind: 'activate' })).toEqual({ kind: 'activate' });
  expect(parseServiceWorkerMessage({ kind: 'keep', urls: ['a', 'b'] })).toEqual({
    kind: 'keep',
    urls: ['a', 'b'],
  });
});

test.each([
  null,
  undefined,
  'activate',
  {},
  { kind: 'delete' },
  { kind: 'keep' },
  { kind: 'keep', urls: 'a' },
  { kind: 'keep', urls: ['a', 1] },
])('ignores anything else: %j', (message) => {
  expect(parseServiceWorkerMessage(message)).toBeNull();
});
