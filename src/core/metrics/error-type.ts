/** The label `error_type`: the guide's names where it has one, else the code of the failure. */
import { FAILURES, type FailureCode } from '../../contracts/failure.ts';
import type { RequestRecord } from '../../contracts/request-record.ts';

type NamedErrorType = 'validation' | 'oom' | 'timeout' | 'unknown';

export type ErrorType = NamedErrorType | FailureCode;

const NAMED: Readonly<Partial<Record<FailureCode, NamedErrorType>>> = {
  'request/invalid-parameter': 'validation',
  'request/prompt-too-long': 'validation',
  'engine/out-of-memory': 'oom',
  unknown: 'unknown',
};

/** Every value that the label can have. */
export const ERROR_TYPES: readonly ErrorType[] = [
  'validation',
  'oom',
  'timeout',
  'unknown',
  ...(Object.keys(FAILURES) as FailureCode[]).filter((code) => NAMED[code] === undefined).sort(),
];

/** null where the request did not fail: stopping it, or closing its page, is no error. */
export function errorTypeOf(record: Pick<RequestRecord, 'outcome' | 'failure'>): ErrorType | null {
  if (record.outcome === 'timeout') return 'timeout';
  if (record.outcome !== 'error') return null;
  const code = record.failure?.code ?? 'unknown';
  return NAMED[code] ?? code;
}
