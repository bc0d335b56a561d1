/** Log lines as an ExportLogsServiceRequest. */
import type { LogLine } from '../../contracts/log-line.ts';
import { keyValues, nanos, resourceOf, scopeOf, type OtlpSource } from './otlp-values.ts';

/** Of DEBUG, INFO, WARN and ERROR (OpenTelemetry log data model). */
const SEVERITY_NUMBERS = { debug: 5, info: 9, warn: 13, error: 17 } as const;

export function otlpLogs(lines: readonly LogLine[], source: OtlpSource): object {
  const logRecords = lines.map(({ atEpochMs, level, message, module, traceId, fields }) => ({
    timeUnixNano: nanos(atEpochMs),
    observedTimeUnixNano: nanos(atEpochMs),
    severityNumber: SEVERITY_NUMBERS[level],
    severityText: level.toUpperCase(),
    body: { stringValue: message },
    attributes: keyValues({
      'shellwright.module': module,
      ...Object.fromEntries(
        Object.entries(fields).map(([field, value]) => [`shellwright.log.${field}`, value]),
      ),
    }),
    ...(traceId === null ? {} : { traceId }),
  }));
  return {
    resourceLogs: [
      { resource: resourceOf(source), scopeLogs: [{ scope: scopeOf(source), logRecords }] },
    ],
  };
}
