/** The Grafana dashboard that comes with the product. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DashboardPanel {
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

const { uid, panels } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/grafana/dashboard.json'), 'utf8'),
) as { readonly uid: string; readonly panels: readonly DashboardPanel[] };

export const DASHBOARD_UID = uid;

/** Without the headings of rows. */
export const PANELS = panels.filter(({ type }) => type !== 'row');

/** As Grafana would ask, with all jobs and instances. */
export function queriesOf({ targets = [] }: DashboardPanel, window: string): readonly string[] {
  return targets.map(({ expr }) =>
    expr.replaceAll(/\$__(?:rate_)?interval/gu, window).replaceAll(/\$(?:job|instance)/gu, '.*'),
  );
}
