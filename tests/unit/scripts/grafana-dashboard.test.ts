import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { DASHBOARD_ROWS } from '../../../scripts/lib/dashboard-panels.ts';
import { renderGrafanaDashboard } from '../../../scripts/lib/grafana-dashboard.ts';
import { METRIC_NAMES } from '../../../src/core/metrics/metric-table.ts';

interface Panel {
  readonly type: string;
  readonly id: number;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  /** The shortest step of its chart. */
  readonly interval?: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

const present = await readFile(
  new URL('../../../docs/grafana/dashboard.json', import.meta.url),
  'utf8',
);
const dashboard = JSON.parse(present) as {
  readonly id?: number;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[];
  };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

describe('docs/grafana/dashboard.json', () => {
  test('is what the plan of its panels says; if not, run npm run docs:grafana', async () => {
    expect(await renderGrafanaDashboard()).toBe(present);
  });

  test('can be imported anywhere: data source, job and instance are chosen there', () => {
    expect(dashboard.id ?? null).toBeNull();
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ]);
    for (const panel of panels) expect(panel.datasource?.uid, panel.title).toBe('${datasource}');
    expect(present).not.toContain('__inputs');
  });

  test('has panels with ids, descriptions and queries of their own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, targets = [] } of panels) {
      const refs = targets.map(({ refId }) => refId);
      expect(refs.length, title).toBeGreaterThan(0);
      expect(new Set(refs).size, title).toBe(refs.length);
    }
    for (const { description, unit } of DASHBOARD_ROWS.flatMap((row) => row.panels)) {
      expect(description).not.toBe('');
      expect(unit).not.toBe('');
    }
  });

  test('lays its panels out on 24 columns, none over another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  test('counts what happened in one step of a chart in that step only', () => {
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const counting = expressions.filter((expression) => expression.includes('increase('));
    expect(counting.length).toBeGreaterThan(0);
    for (const expression of counting) expect(expression).not.toContain('$__rate_interval');
    for (const { title, interval, targets = [] } of panels) {
      const isCounting = targets.some(({ expr }) => expr.includes('$__interval'));
      expect(interval, title).toBe(isCounting ? '1m' : undefined);
    }
  });

  test('asks only for metrics of the table, rates of counters and buckets of histograms', () => {
    const known = new Set<string>(METRIC_NAMES);
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    for (const expression of expressions) {
      const names = [...expression.matchAll(/([a-z_]+)\{/g)].map(([, name = '']) => name);
      expect(names.length, expression).toBeGreaterThan(0);
      for (const name of names) {
        expect(known.has(name) || known.has(name.replace(/_(?:bucket|sum|count)$/, ''))).toBe(true);
      }
      for (const [, share] of expression.matchAll(
        /histogram_quantile\(([\d.]+), (?!sum by \(le\) \(rate\(\w+_bucket)/g,
      )) {
        expect.fail(`${share ?? ''}-quantile of no rate of buckets: ${expression}`);
      }
    }
  });
});
