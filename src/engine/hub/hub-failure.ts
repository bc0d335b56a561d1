/** Maps what transformers.js and ONNX Runtime throw to the table of failures. */
import { FailureError, failure, type Failure, type FailureCode } from '../../contracts/failure.ts';

/** Does the work; what it throws becomes a FailureError, with `otherwise` where nothing more is known. */
export async function withFailure<T>(
  otherwise: FailureCode,
  work: () => Promise<T> | T,
  message?: string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new FailureError(toFailure(error, otherwise, message), { cause: error });
  }
}

/** Returns the failure that an error stands for. */
export function toFailure(error: unknown, otherwise: FailureCode, message?: string): Failure {
  if (error instanceof FailureError) return error.failure;
  // The library's own error for a file that the repository should have and has not.
  if (error instanceof Error && error.name === 'ModelFileNotFoundError') {
    return failure('model/unsupported', 'The repository lacks a file of the model.');
  }
  if (isOutOfMemory(error)) return failure('engine/out-of-memory');
  return failure(otherwise, message, { cause: describe(error) });
}

/**
 * JavaScript says RangeError for an array or a WASM memory that cannot be had; a C++ exception that nobody caught comes as
 * a bare number, and std::bad_alloc is the one that ONNX Runtime lets through. Where it does catch it, it puts nothing
 * but a sentence into an Error, so that only the sentence can be looked at.
 */
function isOutOfMemory(error: unknown): boolean {
  if (error instanceof RangeError || typeof error === 'number') return true;
  return error instanceof Error && /bad_alloc|out of memory|allocate/i.test(error.message);
}

/** What the library said, for whoever looks into it. Neither it nor ONNX Runtime puts texts of the user into an error. */
function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : typeof error;
}
