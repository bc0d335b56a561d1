/** Runs twenty requests one after another, so that somebody who has just come sees the Monitor filled. */
import type { Failure } from '../contracts/failure.ts';
import type { Requests } from './requests.ts';
import { SAMPLE_REQUESTS } from './sample-requests.ts';

export interface SampleProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly isStopping: boolean;
}

export interface SampleResult {
  /** Requests that were made, however they ended. */
  readonly made: number;
  readonly failed: number;
  /** Why no more were made; null where all were, and where it was stopped. */
  readonly failure: Failure | null;
}

type Submit = Pick<Requests, 'submit'>;

/** They go on while other pages are shown, so they belong to what makes requests and not to a page. */
const runs = new WeakMap<Submit, SampleRun>();

/** The one sample run of `requests`. */
export function sampleRunOf(requests: Submit): SampleRun {
  const run = runs.get(requests) ?? new SampleRun(requests);
  runs.set(requests, run);
  return run;
}

export class SampleRun {
  readonly #requests: Submit;
  #progress = $state.raw<SampleProgress | null>(null);
  #abort: AbortController | null = null;

  constructor(requests: Submit) {
    this.#requests = requests;
  }

  /** null while none is going on. */
  get progress(): SampleProgress | null {
    return this.#progress;
  }

  /**
   * Resolves when all have ended, or the one that was going on when it was stopped; to null where it goes on already.
   * Ends early when no model can be had: every other request would fail in the same way.
   */
  async start(): Promise<SampleResult | null> {
    if (this.#progress !== null) return null;
    const abort = new AbortController();
    this.#abort = abort;
    let made = 0;
    let failed = 0;
    let cause: Failure | null = null;
    for (const [done, request] of SAMPLE_REQUESTS.entries()) {
      this.#progress = { done, total: SAMPLE_REQUESTS.length, failed, isStopping: false };
      const record = await this.#requests.submit(request, { signal: abort.signal });
      made += 1;
      if (record.finishReason === 'error') failed += 1;
      if (abort.signal.aborted) break;
      if (record.finishReason === 'error' && record.engine === null) {
        cause = record.failure;
        break;
      }
    }
    this.#progress = null;
    this.#abort = null;
    return { made, failed, failure: cause };
  }

  /** Ends the request that is going on; the others are not made. */
  stop(): void {
    if (this.#progress === null) return;
    this.#progress = { ...this.#progress, isStopping: true };
    this.#abort?.abort();
  }
}
