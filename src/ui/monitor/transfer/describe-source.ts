/** A source of imported measurements in the words of a table. */
import type { MetricsSource } from '../../../core/export/metrics-dataset.ts';
import { metricOf } from '../../../core/metrics/rollup.ts';

export interface SourceDescription {
  readonly id: string;
  readonly browser: string;
  readonly userAgent: string;
  readonly model: string;
  readonly requestCount: number;
  /** null where the file has no records. */
  readonly recordCount: number | null;
  readonly exportedAt: Date;
}

export function describeSource(source: MetricsSource): SourceDescription {
  const { id, device, model, records, exportedAtEpochMs } = source;
  return {
    id,
    browser: browserName(device.userAgent),
    userAgent: device.userAgent,
    model: model === null ? 'none loaded' : `${model.modelName}, ${model.backend}`,
    requestCount: countRequests(source),
    recordCount: records?.length ?? null,
    exportedAt: new Date(exportedAtEpochMs),
  };
}

function countRequests({ rollups }: MetricsSource): number {
  let count = 0;
  for (const { resolution, counters } of rollups) {
    if (resolution !== 'total') continue;
    for (const [key, value] of Object.entries(counters)) {
      if (metricOf(key) === 'generation_requests_total') count += value;
    }
  }
  return count;
}

/** Edge calls itself Chrome too, and Chrome Safari: the first that fits is meant. */
const BROWSERS = [
  [/ Edg[A-Za-z]*\/(\d+)/, 'Edge'],
  [/ OPR\/(\d+)/, 'Opera'],
  [/ Firefox\/(\d+)/, 'Firefox'],
  [/ (?:Headless)?Chrome\/(\d+)/, 'Chrome'],
  [/ Version\/(\d+).* Safari\//, 'Safari'],
] as const;

const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

/** `Chrome 140 on Linux`; `A browser` where it cannot be told. */
export function browserName(userAgent: string): string {
  let name = 'A browser';
  for (const [pattern, browser] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version === undefined) continue;
    name = `${browser} ${version}`;
    break;
  }
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  return system === undefined ? name : `${name} on ${system}`;
}
