/** Writes a dataset as a metrics file: the same dataset gives the same text to the byte, in every browser. */
import type { Rollup } from '../../contracts/rollup.ts';
import { compare, type MetricsDataset, type MetricsSource } from './metrics-dataset.ts';
import {
  METRICS_FORMAT,
  METRICS_SCHEMA_VERSION,
  percentilesOf,
  ROLLUP_LISTS,
} from './metrics-file.ts';

export function writeMetricsFile(dataset: MetricsDataset): string {
  const sources = [...dataset.sources].sort((a, b) => compare(a.id, b.id)).map(toJson);
  const file = { format: METRICS_FORMAT, schemaVersion: METRICS_SCHEMA_VERSION, sources };
  return `${JSON.stringify(sortKeys(file))}\n`;
}

function toJson(source: MetricsSource): object {
  const { rollups, records, content, ...rest } = source;
  const rowsOf = (resolution: keyof typeof ROLLUP_LISTS): object[] =>
    rollups
      .filter((row) => row.resolution === resolution)
      .sort(byTimeAndDimensions)
      .map(toRow);
  return {
    ...rest,
    percentiles: percentilesOf(rollups),
    rollups: {
      [ROLLUP_LISTS.total]: rowsOf('total'),
      [ROLLUP_LISTS.hour]: rowsOf('hour'),
      [ROLLUP_LISTS.minute]: rowsOf('minute'),
    },
    records:
      records === null
        ? null
        : [...records].sort(
            (a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs || compare(a.id, b.id),
          ),
    content: content === null ? null : [...content].sort((a, b) => compare(a.id, b.id)),
  };
}

/** The list says the resolution, the file the version. */
function toRow({ startMs, model, backend, outcome, counters, histograms, gauges }: Rollup): object {
  return { startMs, model, backend, outcome, counters, histograms, gauges };
}

function byTimeAndDimensions(a: Rollup, b: Rollup): number {
  return (
    a.startMs - b.startMs ||
    compare(a.model, b.model) ||
    compare(a.backend, b.backend) ||
    compare(a.outcome, b.outcome)
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compare(a, b))
      .map(([key, entry]) => [key, sortKeys(entry)]),
  );
}
