import { describe, expect, it } from 'vitest';
import { failure, FAILURES } from '../../../../src/contracts/failure.ts';
import {
  endpointProblem,
  failureProblem,
  problemBody,
} from '../../../../src/core/endpoint/problem.ts';

describe('problems of the endpoints', () => {
  it.each([
    ['endpoint/invalid-json', 400, null],
    ['endpoint/wrong-method', 405, null],
    ['endpoint/too-large', 413, null],
    ['endpoint/wrong-media-type', 415, null],
    ['endpoint/cancelled', 499, null],
    ['endpoint/no-tab', 503, 5],
    ['endpoint/tab-closed', 503, 5],
    ['endpoint/interrupted', 503, 5],
    ['endpoint/too-slow', 504, 5],
  ] as const)('%s is %i; asking again helps after %s s', (code, status, retryAfterSeconds) => {
    expect(endpointProblem(code)).toMatchObject({ code, status, retryAfterSeconds, field: null });
  });
});

describe('failures as problems', () => {
  it.each([
    ['request/invalid-parameter', 400, null],
    ['request/prompt-too-long', 400, null],
    ['engine/inference-failed', 500, null],
    ['unknown', 500, null],
    ['engine/not-loaded', 503, 5],
    ['engine/worker-crashed', 503, 5],
  ] as const)('%s is %i', (code, status, retryAfterSeconds) => {
    expect(failureProblem(failure(code))).toMatchObject({ code, status, retryAfterSeconds });
  });

  it('names the field that the failure names', () => {
    const cause = failure('request/invalid-parameter', 'No.', { field: 'top_k' });
    expect(failureProblem(cause)).toMatchObject({ field: 'top_k', detail: 'No.' });
  });

  it('names the prompt where it is too long, though the failure names no field', () => {
    expect(failureProblem(failure('request/prompt-too-long')).field).toBe('prompt');
    expect(failureProblem(failure('engine/not-loaded')).field).toBeNull();
  });

  it('keeps to itself what an unexpected failure says', () => {
    const { detail } = failureProblem(failure('unknown', 'canary-7f3a at line 3'));
    expect(detail).toBe(FAILURES.unknown.summary);
  });
});

describe('the body of a problem', () => {
  it('has the members of RFC 9457, the code and the request', () => {
    expect(problemBody(endpointProblem('endpoint/too-large', 'body'), 'request-1')).toEqual({
      type: 'about:blank',
      title: 'Content Too Large',
      status: 413,
      detail: 'The body has more than 64 kB.',
      code: 'endpoint/too-large',
      field: 'body',
      request_id: 'request-1',
    });
  });

  it('has no field where none is at fault', () => {
    expect(problemBody(endpointProblem('endpoint/no-tab'), 'request-1')).not.toHaveProperty(
      'field',
    );
  });
});
