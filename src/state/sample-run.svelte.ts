/** Runs twenty requests one after another, so that somebody who has just come sees the Monitor filled. */
import type { Requests } from './requests.ts';
import { SAMPLE_REQUESTS } from './sample-requests.ts';

export interface SampleProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly isStopping: boolean;
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
   * Resolves when all have ended, or the one that was going on when it was stopped. Ends early when no model can be
   * had: every other request would fail in the same way.
   */
  async start(): Promise<void> {
    if (this.#progress !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    let failed = 0;
    for (const [done, request] of SAMPLE_REQUESTS.entries()) {
      this.#progress = { done, total: SAMPLE_REQUESTS.length, failed, isStopping: false };
      const record = await this.#requests.submit(request, { signal: abort.signal });
      if (record.finishReason === 'error') failed += 1;
      if (abort.signal.aborted || (record.engine === null && failed > 0)) break;
    }
    this.#progress = null;
    this.#abort = null;
  }

  /** Ends the request that is going on; the others are not made. */
  stop(): void {
    if (this.#progress === null) return;
    this.#progress = { ...this.#progress, isStopping: true };
    this.#abort?.abort();
  }
}
