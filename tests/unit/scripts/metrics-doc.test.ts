import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { renderMetricsDoc } from '../../../scripts/lib/metrics-doc.ts';
import { METRIC_NAMES } from '../../../src/core/metrics/metric-table.ts';

const present = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

describe('docs/metrics.md', () => {
  test('is what the table of metrics says; if not, run npm run docs:metrics', async () => {
    expect(await renderMetricsDoc(present)).toBe(present);
  });

  test('names every metric', () => {
    for (const name of METRIC_NAMES) expect(present).toContain(`| \`${name}\``);
  });

  test('keeps what was written by hand between the marks, and nothing else', async () => {
    const measured = present.replace(
      /(<!-- begin: measured by hand -->)[^]*(<!-- end: measured by hand -->)/,
      '$1\n\nThe AUC is 0.9.\n\n$2',
    );
    const rendered = await renderMetricsDoc(measured.replace('# Metrics', '# Changed'));
    expect(rendered).toContain('The AUC is 0.9.');
    expect(rendered).not.toContain('# Changed');
  });
});
