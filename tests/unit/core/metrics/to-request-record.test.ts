import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/contracts/failure.ts';
import {
  closedRequestRecord,
  codePoints,
  openRequestRecord,
  orphanedRequestRecord,
  refusedRequestRecord,
  type RequestEnd,
} from '../../../../src/core/metrics/to-request-record.ts';
import { DEFAULT_PARAMETERS } from '../../../../src/core/prompt/parse-parameters.ts';
import { makeRecord } from '../../../fixtures/records.ts';

const CANARY = 'canary-7f3a';

const END: RequestEnd = {
  pageId: 'page-1',
  endedAtEpochMs: 1_700_000_000_100,
  checkedMs: 95.123456,
  isSuspended: false,
  debug: null,
};

const RECORD = makeRecord({
  prompt: `list ${CANARY} 😀`,
  text: `ls ${CANARY} 😀\n`,
  parameters: { ...DEFAULT_PARAMETERS, stop: [CANARY, 'x'] },
  dangers: ['rm-root'],
});

describe('a closed record', () => {
  const closed = closedRequestRecord(RECORD, END);

  test('has lengths in code points in place of prompt and text', () => {
    expect(closed).toMatchObject({ promptChars: 18, outputChars: 17, outcome: 'stop' });
    expect(closed.parameters?.stopCount).toBe(2);
  });

  test('has no content in any field', () => {
    const failed = closedRequestRecord(
      { ...RECORD, failure: failure('unknown', `failed at ${CANARY}`, { cause: CANARY }) },
      { ...END, debug: { modelConfig: { vocabularySize: 100, layers: 2, width: 8 } } },
    );
    expect(JSON.stringify([closed, failed])).not.toContain(CANARY);
  });

  test('has times to the microsecond', () => {
    const { timestamps, tokenGapsMs } = closedRequestRecord(
      makeRecord({ tokenGapsMs: [12.154999999795109, 3] }),
      END,
    );
    expect(tokenGapsMs).toEqual([12.155, 3]);
    expect(timestamps).toMatchObject({ lastTokenMs: 90, checkedMs: 95.123, storedMs: null });
  });

  test('has what debug mode adds, where it is on', () => {
    const modelConfig = { vocabularySize: 100, layers: 2, width: 8 };
    expect(closed.debug).toBeNull();
    expect(closedRequestRecord(RECORD, { ...END, debug: { modelConfig } }).debug).toEqual({
      inputTokens: 3,
      modelConfig,
      samplingParameters: closed.parameters,
      totalProcessingTimeMs: 91,
    });
  });
});

describe('a refused request', () => {
  const open = openRequestRecord({
    id: 'request-1',
    pageId: 'page-1',
    acceptedAtEpochMs: 5,
    prompt: CANARY,
    parameters: null,
    engine: null,
  });

  test.each([
    ['top_k', 'top_k'],
    ['prompt', 'prompt'],
    [CANARY, 'unknown'],
  ])('over the field %s keeps %s: only names that every request has', (field, kept) => {
    const cause = failure('request/invalid-parameter', `${field} is wrong`, { field });
    const closed = refusedRequestRecord(open, cause, 6);
    expect(closed).toMatchObject({
      outcome: 'error',
      endedAtEpochMs: 6,
      failure: { code: 'request/invalid-parameter', field: kept },
    });
    expect(JSON.stringify(closed)).not.toContain(CANARY);
  });

  test('has no parameters', () => {
    const cause = failure('request/invalid-parameter', undefined, { field: 'top_k' });
    expect(closedRequestRecord(makeRecord({ failure: cause }), END).parameters).toBeNull();
  });
});

test('an open record has nothing but what is known when it is accepted, and can be orphaned', () => {
  const open = openRequestRecord({ ...RECORD, pageId: 'page-1' });
  expect(open).toMatchObject({
    endedAtEpochMs: null,
    outcome: null,
    promptChars: 18,
    outputChars: 0,
    tokens: { prompt: 0, promptCached: 0, generated: 0 },
  });
  expect(JSON.stringify(open)).not.toContain(CANARY);
  expect(orphanedRequestRecord(open, 9)).toEqual({
    ...open,
    outcome: 'orphaned',
    endedAtEpochMs: 9,
  });
});

test.each([
  ['', 0],
  ['abc', 3],
  ['aé😀', 3],
  ['\ud83d', 1],
  ['👩‍👩‍👧', 5],
])('%j has %i code points', (text, count) => {
  expect(codePoints(text)).toBe(count);
});
