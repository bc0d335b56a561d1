/** Reads request records from outside, field by field. Only of requests that have ended. */
import { FAILURES, type FailureCode } from '../../contracts/failure.ts';
import type { EngineDescription } from '../../contracts/generation.ts';
import {
  OUTCOMES,
  type DebugDetail,
  type RecordedParameters,
  type RecordedTimestamps,
  type RequestRecord,
} from '../../contracts/request-record.ts';
import type { SyntaxResult } from '../../contracts/syntax.ts';
import type { FieldReader } from '../json/field-reader.ts';

const MAX_NAME_CHARS = 1_000;
const MAX_TOKENS = 1_000_000;

const CODES = Object.keys(FAILURES) as FailureCode[];
const SYNTAX_RESULTS = [
  'valid',
  'invalid',
  'empty',
  'unchecked',
] as const satisfies readonly SyntaxResult[];

export function readRecord(record: FieldReader): RequestRecord {
  record.only(...RECORD_FIELDS);
  record.at('schemaVersion').require(record.at('schemaVersion').integer() === 1, 'is not 1');
  const acceptedAtEpochMs = record.at('acceptedAtEpochMs').epochMs();
  return {
    schemaVersion: 1,
    id: record.at('id').text(MAX_NAME_CHARS),
    pageId: record.at('pageId').text(MAX_NAME_CHARS),
    acceptedAtEpochMs,
    endedAtEpochMs: record.at('endedAtEpochMs').epochMs(),
    outcome: record.at('outcome').oneOf(OUTCOMES),
    failure: record.at('failure').orNull((cause) => {
      cause.only('code', 'field');
      return {
        code: cause.at('code').oneOf(CODES),
        field: cause.at('field').orNull((field) => field.text(MAX_NAME_CHARS)),
      };
    }),
    engine: record.at('engine').orNull(readEngine),
    parameters: record.at('parameters').orNull(readParameters),
    seed: record.at('seed').orNull((seed) => seed.count()),
    promptChars: record.at('promptChars').count(),
    outputChars: record.at('outputChars').count(),
    tokens: readTokens(record.at('tokens')),
    timestamps: readTimestamps(record.at('timestamps')),
    tokenGapsMs: record.at('tokenGapsMs').numbers(0, MAX_TOKENS),
    guard: readGuard(record.at('guard')),
    syntax: record.at('syntax').orNull((syntax) => {
      syntax.only('result', 'line');
      return {
        result: syntax.at('result').oneOf(SYNTAX_RESULTS),
        line: syntax.at('line').orNull((line) => line.count()),
      };
    }),
    dangers: record.at('dangers').list((rule) => rule.text(MAX_NAME_CHARS), 1_000),
    similarity: record.at('similarity').orNull((cosine) => cosine.number(-1, 1)),
    isSuspended: record.at('isSuspended').flag(),
    debug: record.at('debug').orNull(readDebug),
  };
}

const RECORD_FIELDS = [
  'schemaVersion',
  'id',
  'pageId',
  'acceptedAtEpochMs',
  'endedAtEpochMs',
  'outcome',
  'failure',
  'engine',
  'parameters',
  'seed',
  'promptChars',
  'outputChars',
  'tokens',
  'timestamps',
  'tokenGapsMs',
  'guard',
  'syntax',
  'dangers',
  'similarity',
  'isSuspended',
  'debug',
] as const satisfies readonly (keyof RequestRecord)[];

export function readEngine(engine: FieldReader): EngineDescription {
  engine.only(
    'modelId',
    'modelName',
    'source',
    'backend',
    'precision',
    'threads',
    'adapter',
    'reason',
    'contextLength',
    'vocabularySize',
    'layers',
    'width',
  );
  return {
    modelId: engine.at('modelId').text(MAX_NAME_CHARS),
    modelName: engine.at('modelName').text(MAX_NAME_CHARS),
    source: engine.at('source').oneOf(['pack', 'hub']),
    backend: engine.at('backend').oneOf(['webgpu', 'wasm']),
    precision: engine.at('precision').text(MAX_NAME_CHARS),
    threads: engine.at('threads').count(),
    adapter: engine.at('adapter').orNull((adapter) => adapter.text(MAX_NAME_CHARS)),
    reason: engine.at('reason').text(MAX_NAME_CHARS),
    contextLength: engine.at('contextLength').count(),
    vocabularySize: engine.at('vocabularySize').orNull((size) => size.count()),
    layers: engine.at('layers').orNull((layers) => layers.count()),
    width: engine.at('width').orNull((width) => width.count()),
  };
}

function readParameters(parameters: FieldReader): RecordedParameters {
  parameters.only(
    'temperature',
    'top_k',
    'top_p',
    'min_p',
    'repetition_penalty',
    'seed',
    'max_tokens',
    'timeout_ms',
    'guard',
    'stopCount',
  );
  return {
    temperature: parameters.at('temperature').number(0),
    top_k: parameters.at('top_k').count(),
    top_p: parameters.at('top_p').number(0, 1),
    min_p: parameters.at('min_p').number(0, 1),
    repetition_penalty: parameters.at('repetition_penalty').number(0),
    seed: parameters.at('seed').orNull((seed) => seed.count()),
    max_tokens: parameters.at('max_tokens').count(),
    timeout_ms: parameters.at('timeout_ms').count(),
    guard: parameters.at('guard').flag(),
    stopCount: parameters.at('stopCount').count(),
  };
}

function readTokens(tokens: FieldReader): RequestRecord['tokens'] {
  tokens.only('prompt', 'promptCached', 'generated');
  return {
    prompt: tokens.at('prompt').count(),
    promptCached: tokens.at('promptCached').count(),
    generated: tokens.at('generated').count(),
  };
}

function readTimestamps(timestamps: FieldReader): RecordedTimestamps {
  const names = [
    'startedMs',
    'tokenizedMs',
    'prefilledMs',
    'firstTokenMs',
    'lastTokenMs',
    'checkedMs',
    'storedMs',
  ] as const;
  timestamps.only(...names, 'finishedMs');
  const read = (name: (typeof names)[number]): number | null =>
    timestamps.at(name).orNull((time) => time.number(0));
  return {
    startedMs: read('startedMs'),
    tokenizedMs: read('tokenizedMs'),
    prefilledMs: read('prefilledMs'),
    firstTokenMs: read('firstTokenMs'),
    lastTokenMs: read('lastTokenMs'),
    finishedMs: timestamps.at('finishedMs').number(0),
    checkedMs: read('checkedMs'),
    storedMs: read('storedMs'),
  };
}

function readGuard(guard: FieldReader): RequestRecord['guard'] {
  guard.only('on', 'refusedTokens', 'cutBack');
  return {
    on: guard.at('on').flag(),
    refusedTokens: guard.at('refusedTokens').count(),
    cutBack: guard.at('cutBack').flag(),
  };
}

function readDebug(debug: FieldReader): DebugDetail {
  debug.only('inputTokens', 'modelConfig', 'samplingParameters', 'totalProcessingTimeMs');
  const config = debug.at('modelConfig');
  config.only('vocabularySize', 'layers', 'width');
  const size = (name: string): number | null => config.at(name).orNull((field) => field.count());
  return {
    inputTokens: debug.at('inputTokens').count(),
    modelConfig: {
      vocabularySize: size('vocabularySize'),
      layers: size('layers'),
      width: size('width'),
    },
    samplingParameters: debug.at('samplingParameters').orNull(readParameters),
    totalProcessingTimeMs: debug.at('totalProcessingTimeMs').number(0),
  };
}
