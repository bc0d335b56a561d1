/** Writes docs/metrics.md out of the table of metrics. What was measured by hand stays: it is between two marks. */
import { format } from 'prettier';
import { DEFAULT_OBJECTIVES } from '../../src/core/metrics/objectives.ts';
import type { LabelDefinition } from '../../src/core/metrics/metric-labels.ts';
import {
  METRIC_NAMES,
  METRIC_TABLE,
  type MetricDefinition,
} from '../../src/core/metrics/metric-table.ts';

const BEGIN = '<!-- begin: measured by hand -->';
const END = '<!-- end: measured by hand -->';

/** The whole page; `present` is the page as it is, whose part between the marks is kept. */
export async function renderMetricsDoc(present: string): Promise<string> {
  const page = [
    INTRODUCTION,
    '## Counters',
    tableOf('counter'),
    '## Histograms',
    tableOf('histogram'),
    '## Gauges',
    tableOf('gauge'),
    '## Labels',
    'No label has a value without bound: no prompt, no request, no page and no user is in one.',
    labelTable(),
    '## Buckets',
    BUCKETS,
    bucketTable(),
    '## Objectives',
    'The defaults; the Monitor page has them in a table, and there they can be changed.',
    objectiveTable(),
    '## What the similarity score is worth',
    `${BEGIN}${handWritten(present)}${END}`,
  ].join('\n\n');
  return format(page, { parser: 'markdown', singleQuote: true, printWidth: 100 });
}

const INTRODUCTION = `# Metrics

<!-- Made by \`npm run docs:metrics\` from src/core/metrics/metric-table.ts: change it there. -->

Every figure is a view of request records. A request is counted in \`generation_requests_total\` when it is accepted
and in everything else when it has ended, whatever its end; so at any time

    generation_requests_total = generation_finished_total + active_generation_requests

Counts are kept per minute for 48 hours, per hour for 90 days, and since monitoring began. \`shellwright.metrics()\`
returns the last of these; see [scripting.md](scripting.md).

- **Latency** is from accepted to the last token, the queue included, for every outcome.
- **Error rate** is \`generation_errors_total\` over \`generation_finished_total\`. Refused requests and timeouts are
  errors; cancelled and orphaned requests are not. An orphaned request is one whose page was gone before its end.
- **Validity** is valid / (valid + invalid + empty). \`valid\` is exactly that \`bash -n\` of bash 5.2 exits with 0, and
  there is a command. The band in the chart is the Wilson interval at 95 %. Scripts that were written under the syntax
  guard are never in one rate with the others: with both in a window, the page shows both, the objective is judged for
  each, and the alert rule takes the worse one that has enough samples. Checks of before there was the label \`guard\`
  count as \`on\`, as it is unless somebody switches it off.
- **Percentiles** are by nearest rank. In a window of at most 2,000 ended requests, all of which are still on record,
  they are exact. Beyond, as before the last seven days or in imported files without records, they come from merged
  histograms and are at most 1.09 % off. They are never averages of percentiles. A p95 is shown from 20 values on, a p99
  from 100 on.
- **A device that slept** during a request makes the times of that request meaningless: they are in no histogram, and
  \`clock_suspend_total\` counts the request.
- Times come from the monotonic clock; the wall clock only says when.`;

const BUCKETS = `Each histogram is kept twice. Percentiles come from a base-2 exponential histogram of scale 5, as
OpenTelemetry and Prometheus' native histograms have it: bucket i counts values in (2^(i/32), 2^((i+1)/32)], sums are
kept in integer millionths, and so merging is exact in any order. Beside it are classic buckets with these upper edges
(and +Inf), for tools that know only those:`;

function tableOf(type: MetricDefinition['type']): string {
  const rows = METRIC_NAMES.filter((name) => METRIC_TABLE[name].type === type).map((name) => {
    const { unit, labels, help, guideName } = METRIC_TABLE[name];
    const names = labels.map((label) => `\`${label.name}\``).join(', ');
    const guide = guideName === undefined ? '' : ` In the guide: \`${guideName}\`.`;
    return [`\`${name}\``, `\`${unit}\``, names, help + guide];
  });
  return markdownTable(['name', 'unit', 'labels', 'what it says'], rows);
}

function labelTable(): string {
  const rows = new Map<string, string[]>();
  for (const name of METRIC_NAMES) {
    for (const label of METRIC_TABLE[name].labels) {
      const values = valuesOf(label);
      const key = `${label.name} ${values}`;
      const metrics = rows.get(key)?.[1];
      const listed = metrics === undefined ? `\`${name}\`` : `${metrics}, \`${name}\``;
      rows.set(key, [`\`${label.name}\``, listed, values]);
    }
  }
  return markdownTable(['label', 'of', 'values'], [...rows.values()]);
}

function valuesOf({ values, bound }: LabelDefinition): string {
  return values === null ? (bound ?? '') : values.map((value) => `\`${value}\``).join(', ');
}

function bucketTable(): string {
  const rows = METRIC_NAMES.filter((name) => METRIC_TABLE[name].edges.length > 0).map((name) => [
    `\`${name}\``,
    METRIC_TABLE[name].edges.join(', '),
  ]);
  return markdownTable(['name', 'upper edges'], rows);
}

function objectiveTable(): string {
  const rows = DEFAULT_OBJECTIVES.map(({ name, comparison, threshold, unit, minSamples }) => [
    name,
    `${comparison} ${unit === 'ratio' ? `${threshold * 100} %` : unit === 'seconds' ? `${threshold} s` : threshold}`,
    String(minSamples),
  ]);
  return markdownTable(['objective', 'target', 'samples it needs'], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escape(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

function handWritten(present: string): string {
  const from = present.indexOf(BEGIN);
  const to = present.indexOf(END);
  return from < 0 || to < from
    ? '\n\nNot measured yet.\n\n'
    : present.slice(from + BEGIN.length, to);
}
