/**
 * The one way in which requests are made, by the page and by `window.shellwright` alike: brings the model in when it is
 * not there yet, has every request written down by monitoring, and puts every record into the history.
 */
import type { EngineClient, GenerateHooks } from '../bridge/engine-client.ts';
import type { Failure } from '../contracts/failure.ts';
import type { GenerationRecord } from '../contracts/generation.ts';
import { within } from '../core/async/within.ts';
import type { ParsedRequest } from '../core/prompt/parse-parameters.ts';
import { fullScript } from '../core/prompt/prompt-form.ts';
import { Listeners } from '../monitor/listeners.ts';
import type { Recorder, RefusedRequest } from '../monitor/recorder.ts';
import type { EngineStatus } from './engine-status.svelte.ts';
import type { HistoryList } from './history-list.svelte.ts';
import type { SyntaxCheck } from './syntax-check.svelte.ts';

/** A store that does not answer must not keep a script that is written from being shown as such. */
const KEEP_WITHIN_MS = 3_000;

export interface RequestsOptions {
  readonly client: Pick<EngineClient, 'generate'>;
  readonly engine: EngineStatus;
  readonly history: HistoryList;
  readonly syntax: Pick<SyntaxCheck, 'ensureLoaded' | 'judge'>;
  /** Ids of the rules for destructive commands that a script meets. May reject. */
  readonly findDangers: (script: string) => Promise<readonly string[]>;
  /** null while nothing is to be measured. */
  readonly recorder: () => Pick<Recorder, 'accept' | 'end' | 'refuse'> | null;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #endListeners = new Listeners<[GenerationRecord]>();

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Returns the record of the request when it has ended, however it ended; never rejects. */
  async submit(request: ParsedRequest, hooks: GenerateHooks): Promise<GenerationRecord> {
    const { client, engine, syntax, now } = this.#options;
    const recorder = this.#options.recorder();
    const { kind } = engine.state;
    // Started first and not waited for: the client queues requests behind the load, and the wait counts as latency.
    if (kind !== 'ready' && kind !== 'recovering') void engine.ensureLoaded();
    void syntax.ensureLoaded();
    let acceptedAtMs = now();
    const written = await client.generate(request, {
      ...hooks,
      onAccepted: (accepted) => {
        acceptedAtMs = accepted.acceptedAtMs;
        recorder?.accept({ ...accepted, ...request });
        hooks.onAccepted?.(accepted);
      },
    });
    const verdict = await syntax.judge(written);
    const checkedMs = verdict === null ? null : now() - acceptedAtMs;
    const record = { ...written, syntax: verdict, dangers: await this.#dangersOf(written) };
    recorder?.end(record, checkedMs);
    await this.#keep(record);
    this.#endListeners.tell(record);
    return record;
  }

  /** Has a request counted that was refused before it reached the engine. */
  refuse(cause: Failure, request: RefusedRequest): void {
    this.#options.recorder()?.refuse(cause, request);
  }

  /** Calls back with each request that reached the engine, when it has ended and was given to the history; returns how to end that. */
  onEnded(callback: (record: GenerationRecord) => void): () => void {
    return this.#endListeners.add(callback);
  }

  async #keep(record: GenerationRecord): Promise<void> {
    const { history, after } = this.#options;
    await within(history.add(record), KEEP_WITHIN_MS, after);
  }

  async #dangersOf({ prompt, text, tokens }: GenerationRecord): Promise<readonly string[]> {
    if (tokens.generated === 0) return [];
    try {
      return await this.#options.findDangers(fullScript(prompt, text));
    } catch {
      // Offline without the rules: the warning is missed, the request is not.
      return [];
    }
  }
}
