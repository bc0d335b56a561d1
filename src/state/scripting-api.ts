/**
 * `window.shellwright`: the page for the console and for automation. Documented in docs/scripting.md; what is here is
 * kept stable.
 */
import type { EmbeddingWorker } from '../bridge/spawn-embedding.ts';
import type {
  BackendChoice,
  EngineMemory,
  LoadReport,
  ModelSource,
  TokenEvent,
} from '../contracts/engine.ts';
import { failure, FailureError, type Failure, type Result } from '../contracts/failure.ts';
import type {
  EngineDescription,
  GenerationParameters,
  GenerationRecord,
  Precision,
} from '../contracts/generation.ts';
import type { HealthReport } from '../contracts/health.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import { parseGenerationInput } from '../core/prompt/parse-parameters.ts';
import type { MetricsSnapshot } from '../core/metrics/snapshot-shape.ts';
import type { PageTools } from '../monitor/page-tools.ts';
import { isHubRepository, isPackId, isThreadCount } from '../store/preferences.ts';
import type { EngineState, EngineStatus, LoadChoice } from './engine-status.svelte.ts';
import type { Requests } from './requests.ts';

declare global {
  interface Window {
    shellwright: ScriptingApi;
  }
}

export interface ScriptingRequest extends Partial<Omit<GenerationParameters, 'stop'>> {
  readonly prompt: string;
  readonly stop?: string | readonly string[];
  /** Ends the request within one token; its record then says `cancelled`. */
  readonly signal?: AbortSignal;
  readonly onToken?: (event: TokenEvent) => void;
}

export interface ScriptingLoad {
  readonly backend?: BackendChoice;
  readonly precision?: Precision;
  readonly threads?: number;
  /** A model of this site by its id, or a repository of the hub as `owner/name`. */
  readonly model?: string;
  /** A host that lays out files as the hub does; the hub itself if left out. */
  readonly host?: string;
}

export interface ScriptingRecords {
  /** Accepted then or later: milliseconds since 1970, or a Date. All, if left out. */
  readonly since?: number | Date;
  /** 1 to 10000; 100 if left out. */
  readonly limit?: number;
}

export interface ScriptingExport {
  readonly records?: boolean;
  readonly content?: boolean;
}

/** What `engine()` returns: nulls while no model is ready. */
export type ScriptingEngine = {
  readonly state: EngineState['kind'];
  readonly failure: Failure | null;
  readonly waiting: number;
} & { readonly [Key in keyof EngineDescription]: EngineDescription[Key] | null };

export interface ScriptingApi {
  readonly version: string;
  /** @throws a FailureError when the request is refused or fails; a failed one has its `record`. */
  generate(request: ScriptingRequest): Promise<GenerationRecord>;
  engine(): ScriptingEngine;
  /** @throws a FailureError */
  load(options?: ScriptingLoad): Promise<LoadReport>;
  /** Every metric as it stands. @throws a FailureError */
  metrics(): Promise<MetricsSnapshot>;
  health(options?: { readonly deep?: boolean }): Promise<HealthReport>;
  /** Newest first. @throws a FailureError */
  records(options?: ScriptingRecords): Promise<readonly RequestRecord[]>;
  /** The text of a metrics file. @throws a FailureError */
  exportMetrics(options?: ScriptingExport): Promise<string>;
  /** Only where the page's address has `?testing`. */
  readonly testing?: ScriptingTesting;
}

/** For tests of recovery and of leaks. */
export interface ScriptingTesting {
  loseDevice(): Promise<boolean>;
  crashWorker(): void;
  memory(): Promise<EngineMemory | null>;
  /** Off measures and logs nothing. */
  setMonitoring(isOn: boolean): void;
  /** The worker behind prompt_similarity_score, by itself. @throws a FailureError */
  loadEmbedding(): Promise<Pick<EmbeddingWorker, 'similarity' | 'terminate'>>;
}

/** An Error with the failure's `code`, the `failure`, and the `record` that the request became. */
export class GenerationError extends FailureError {
  readonly record: GenerationRecord;

  constructor(cause: Failure, record: GenerationRecord) {
    super(cause);
    this.name = 'GenerationError';
    this.record = record;
  }
}

export interface ScriptingOptions {
  readonly version: string;
  readonly requests: Requests;
  readonly engine: EngineStatus;
  readonly packUrl: (modelId: string) => string;
  /** Brings in what is no part of the first load. */
  readonly loadTools: () => Promise<
    Pick<PageTools, 'checkHealth' | 'exportMetrics' | 'metrics' | 'records'>
  >;
  /** null keeps the tools for tests out. */
  readonly testing: ScriptingTesting | null;
}

export function createScriptingApi(options: ScriptingOptions): ScriptingApi {
  const { version, requests, engine, testing } = options;
  return Object.freeze({
    version,

    async generate(request: ScriptingRequest) {
      const { signal, onToken, ...input } = Object(request) as ScriptingRequest;
      const parsed = parseGenerationInput(input);
      if (!parsed.ok) {
        const prompt: unknown = input.prompt;
        requests.refuse(parsed.failure, {
          prompt: typeof prompt === 'string' ? prompt : '',
          parameters: null,
        });
        throw new FailureError(parsed.failure);
      }
      if (engine.state.kind === 'unsupported') {
        requests.refuse(engine.state.failure, parsed.value);
        throw new FailureError(engine.state.failure);
      }
      const record = await requests.submit(parsed.value, {
        ...(signal === undefined ? {} : { signal }),
        ...(onToken === undefined ? {} : { onToken }),
      });
      if (record.failure !== null) throw new GenerationError(record.failure, record);
      return record;
    },

    engine() {
      const { state } = engine;
      return {
        ...NO_ENGINE,
        ...engine.engine,
        state: state.kind,
        failure: state.kind === 'failed' || state.kind === 'unsupported' ? state.failure : null,
        waiting: engine.waitingCount,
      };
    },

    async load(load: ScriptingLoad = {}) {
      return unwrap(await engine.load(toLoadChoice(load, options.packUrl)));
    },

    async metrics() {
      return unwrap(await (await options.loadTools()).metrics());
    },

    async health({ deep = false }: { readonly deep?: boolean } = {}) {
      return (await options.loadTools()).checkHealth({ deep });
    },

    async records(query: ScriptingRecords = {}) {
      const parsed = toRecordsQuery(query);
      return unwrap(await (await options.loadTools()).records(parsed));
    },

    async exportMetrics({ records = false, content = false }: ScriptingExport = {}) {
      return unwrap(await (await options.loadTools()).exportMetrics({ records, content })).text;
    },

    ...(testing === null
      ? {}
      : {
          testing: Object.freeze({
            loseDevice: () => testing.loseDevice(),
            crashWorker: () => testing.crashWorker(),
            memory: () => testing.memory(),
            setMonitoring: (isOn: boolean) => testing.setMonitoring(isOn),
            loadEmbedding: () => testing.loadEmbedding(),
          }),
        }),
  });
}

const MAX_RECORDS = 10_000;

/** @throws {FailureError} `request/invalid-parameter` naming the field. */
function toRecordsQuery({ since = 0, limit = 100 }: ScriptingRecords): {
  readonly sinceEpochMs: number;
  readonly limit: number;
} {
  const sinceEpochMs = Number(since);
  if (!Number.isFinite(sinceEpochMs)) {
    throw refuse('since', '`since` must be a Date, or milliseconds since 1970.');
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RECORDS) {
    throw refuse('limit', `\`limit\` must be a whole number from 1 to ${MAX_RECORDS}.`);
  }
  return { sinceEpochMs, limit };
}

const NO_ENGINE: Readonly<Record<keyof EngineDescription, null>> = {
  modelId: null,
  modelName: null,
  source: null,
  backend: null,
  precision: null,
  threads: null,
  adapter: null,
  reason: null,
  contextLength: null,
  vocabularySize: null,
  layers: null,
  width: null,
};

/** @throws {FailureError} `request/invalid-parameter` naming the field; what loads is checked further by the engine. */
function toLoadChoice(
  { backend, precision, threads, model, host }: ScriptingLoad,
  packUrl: (modelId: string) => string,
): LoadChoice {
  if (backend !== undefined && !['auto', 'webgpu', 'wasm'].includes(backend)) {
    throw refuse('backend', '`backend` must be auto, webgpu or wasm.');
  }
  if (precision !== undefined && !['f16', 'f32', 'int8'].includes(precision)) {
    throw refuse('precision', '`precision` must be f16, f32 or int8.');
  }
  if (threads !== undefined && !isThreadCount(threads)) {
    throw refuse('threads', '`threads` must be a whole number from 1 to 64.');
  }
  const source = model === undefined ? null : toSource(model, host ?? null, packUrl);
  return {
    ...(backend === undefined ? {} : { backend }),
    ...(precision === undefined ? {} : { precision }),
    ...(threads === undefined ? {} : { threads }),
    ...(source === null ? {} : { source }),
  };
}

function toSource(
  model: unknown,
  host: string | null,
  packUrl: (modelId: string) => string,
): ModelSource {
  if (typeof model === 'string' && isHubRepository(model)) {
    return { kind: 'hub', repository: model, host };
  }
  if (typeof model === 'string' && isPackId(model)) {
    return { kind: 'pack', baseUrl: packUrl(model) };
  }
  throw refuse('model', '`model` must be the id of a model here, or a repository: owner/name.');
}

/** @throws {FailureError} */
function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new FailureError(result.failure);
  return result.value;
}

function refuse(field: string, message: string): FailureError {
  return new FailureError(failure('request/invalid-parameter', message, { field }));
}
