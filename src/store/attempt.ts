/** Turns what IndexedDB throws into failures that are data. */
import { failure, FailureError, type Failure, type Result } from '../contracts/failure.ts';

/** `store/quota-exceeded`, or `store/unavailable` with the browser's name for it as `detail.cause`. */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, failure: storeFailure(error) };
  }
}

export function storeFailure(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const cause = error instanceof Error || error instanceof DOMException ? error.name : 'unknown';
  return cause === 'QuotaExceededError'
    ? failure('store/quota-exceeded')
    : failure('store/unavailable', undefined, { cause });
}
