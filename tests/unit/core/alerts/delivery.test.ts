import { expect, it } from 'vitest';
import { answerKind } from '../../../../src/core/alerts/delivery.ts';

it('keeps what may be taken another time, and gives up what never will be', () => {
  for (const status of [200, 202, 204]) expect(answerKind(status)).toBe('accepted');
  for (const status of [408, 425, 429, 500, 502, 503, 504])
    expect(answerKind(status)).toBe('retry');
  for (const status of [400, 401, 403, 404, 410, 413, 422]) expect(answerKind(status)).toBe('dead');
  for (const status of [0, 301, 304]) expect(answerKind(status)).toBe('retry');
});
