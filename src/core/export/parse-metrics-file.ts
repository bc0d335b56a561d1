/** Reads a metrics file from anywhere: it is taken only if everything in it fits together. */
import { failure, type Failure, type Result } from '../../contracts/failure.ts';
import { FieldReader, InvalidField } from '../json/field-reader.ts';
import type { ObjectiveId } from '../metrics/dashboard-shape.ts';
import type { MetricsDataset, MetricsSource } from './metrics-dataset.ts';
import {
  MAX_FILE_CHARS,
  METRICS_FORMAT,
  METRICS_SCHEMA_VERSION,
  percentilesOf,
} from './metrics-file.ts';
import { readEngine, readRecord } from './read-record.ts';
import { readRollups } from './read-rollups.ts';

const MAX_SOURCES = 1_000;
const MAX_RECORDS = 200_000;
const MAX_NAME_CHARS = 1_000;
const MAX_CONTENT_CHARS = 1_000_000;

const OBJECTIVE_IDS = [
  'latency-p95',
  'error-rate',
  'syntax-validity',
  'active-requests',
  'memory-used',
] as const satisfies readonly ObjectiveId[];

/** Stored percentiles may come from another version's histograms, not from other data. */
const PERCENTILE_TOLERANCE = 0.025;

/**
 * Fails with `import/invalid-file` (no JSON, another format, or a field that is wrong, named in `detail.field`),
 * `import/newer-version` or `import/too-large`.
 */
export function parseMetricsFile(text: string): Result<MetricsDataset> {
  if (text.length > MAX_FILE_CHARS) {
    return refuse(failure('import/too-large', undefined, { maxChars: MAX_FILE_CHARS }));
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    // Not JSON, or deeper than the browser can read.
    return refuse(failure('import/invalid-file', 'This file is no JSON, or it is cut off.'));
  }
  try {
    return readFile(new FieldReader(input, ''));
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    const where = error.field === '' ? 'it' : error.field;
    return refuse(
      failure('import/invalid-file', `This metrics file is damaged: ${where} ${error.message}.`, {
        field: error.field,
      }),
    );
  }
}

function readFile(file: FieldReader): Result<MetricsDataset> {
  if (!file.has('format') || file.at('format').text() !== METRICS_FORMAT) {
    return refuse(
      failure('import/invalid-file', 'This is no metrics file of this app.', { field: 'format' }),
    );
  }
  const version = file.at('schemaVersion').positive();
  if (version > METRICS_SCHEMA_VERSION) {
    return refuse(failure('import/newer-version', undefined, { schemaVersion: version }));
  }
  file.only('format', 'schemaVersion', 'sources');
  const ids = new Set<string>();
  const sources = file.at('sources').list((entry) => {
    const source = readSource(entry);
    entry.at('id').require(!ids.has(source.id), 'is there twice');
    ids.add(source.id);
    return source;
  }, MAX_SOURCES);
  file.at('sources').require(sources.length > 0, 'is empty');
  return { ok: true, value: { sources } };
}

function readSource(source: FieldReader): MetricsSource {
  source.only(
    'id',
    'exportedAtEpochMs',
    'appVersion',
    'device',
    'model',
    'objectives',
    'percentiles',
    'rollups',
    'records',
    'content',
  );
  const device = source.at('device');
  device.only('userAgent', 'cores', 'memoryGiB');
  const rollups = readRollups(source.at('rollups'));
  checkPercentiles(source.at('percentiles'), percentilesOf(rollups));
  return {
    id: source.at('id').matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is no random id'),
    exportedAtEpochMs: source.at('exportedAtEpochMs').epochMs(),
    appVersion: source.at('appVersion').text(MAX_NAME_CHARS),
    device: {
      userAgent: device.at('userAgent').text(MAX_NAME_CHARS),
      cores: device.at('cores').orNull((field) => field.positive()),
      memoryGiB: device.at('memoryGiB').orNull((field) => field.number(0)),
    },
    model: source.at('model').orNull(readEngine),
    objectives: source.at('objectives').list((objective) => {
      objective.only('id', 'name', 'comparison', 'threshold', 'unit', 'minSamples');
      return {
        id: objective.at('id').oneOf(OBJECTIVE_IDS),
        name: objective.at('name').text(MAX_NAME_CHARS),
        comparison: objective.at('comparison').oneOf(['below', 'above']),
        threshold: objective.at('threshold').number(0),
        unit: objective.at('unit').oneOf(['seconds', 'ratio', 'requests']),
        minSamples: objective.at('minSamples').count(),
      };
    }, OBJECTIVE_IDS.length),
    rollups,
    records: source.at('records').orNull((list) => readById(list, readRecord)),
    content: source.at('content').orNull((list) =>
      readById(list, (entry) => {
        entry.only('id', 'prompt', 'text');
        return {
          id: entry.at('id').text(MAX_NAME_CHARS),
          prompt: entry.at('prompt').text(MAX_CONTENT_CHARS),
          text: entry.at('text').text(MAX_CONTENT_CHARS),
        };
      }),
    ),
  };
}

function readById<T extends { readonly id: string }>(
  list: FieldReader,
  read: (entry: FieldReader) => T,
): readonly T[] {
  const ids = new Set<string>();
  return list.list((entry) => {
    const item = read(entry);
    entry.at('id').require(!ids.has(item.id), 'is there twice');
    ids.add(item.id);
    return item;
  }, MAX_RECORDS);
}

/** They are written for readers of the file; here they only show whether it was changed by hand. */
function checkPercentiles(list: FieldReader, expected: ReturnType<typeof percentilesOf>): void {
  const seen = list.list((entry, index) => {
    entry.only('metric', 'n', 'p50', 'p95', 'p99', 'max');
    const known = expected[index];
    entry
      .at('metric')
      .require(entry.at('metric').text() === known?.metric, 'is not the histogram of the totals');
    entry.at('n').require(entry.at('n').count() === known?.n, 'is not the count of the histogram');
    for (const share of ['p50', 'p95', 'p99', 'max'] as const) {
      const field = entry.at(share);
      const value = field.orNull(() => field.number());
      field.require(isNear(value, known?.[share] ?? null), 'is not that of the histogram');
    }
  }, expected.length);
  list.require(seen.length === expected.length, 'has not one entry for each histogram');
}

function isNear(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= PERCENTILE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function refuse(cause: Failure): Result<never> {
  return { ok: false, failure: cause };
}
