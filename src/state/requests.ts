/**
 * The one way in which requests are made, by the page and by `window.shellwright` alike: brings the model in when it is
 * not there yet, and puts every record into the history.
 */
import type { EngineClient, GenerateHooks } from '../bridge/engine-client.ts';
import type { GenerationRecord } from '../contracts/generation.ts';
import type { ParsedRequest } from '../core/prompt/parse-parameters.ts';
import type { EngineStatus } from './engine-status.svelte.ts';
import type { HistoryList } from './history-list.svelte.ts';
import type { SyntaxCheck } from './syntax-check.svelte.ts';

export interface RequestsOptions {
  readonly client: Pick<EngineClient, 'generate'>;
  readonly engine: EngineStatus;
  readonly history: HistoryList;
  readonly syntax: Pick<SyntaxCheck, 'ensureLoaded' | 'judge'>;
}

export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Returns the record of the request when it has ended, however it ended; never rejects. */
  async submit(request: ParsedRequest, hooks: GenerateHooks): Promise<GenerationRecord> {
    const { client, engine, history, syntax } = this.#options;
    const { kind } = engine.state;
    // Started first and not waited for: the client queues requests behind the load, and the wait counts as latency.
    if (kind !== 'ready' && kind !== 'recovering') void engine.ensureLoaded();
    void syntax.ensureLoaded();
    const written = await client.generate(request, hooks);
    const record = { ...written, syntax: await syntax.judge(written) };
    await history.add(record);
    return record;
  }
}
