/** Makes the Grafana dashboard out of its plan, with Grafana's own SDK, so that its shape is what Grafana imports. */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { format } from 'prettier';
import { DASHBOARD_ROWS, objectiveOf, STEP, type PanelPlan } from './dashboard-panels.ts';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const STAT_HEIGHT = 4;
const PANEL_HEIGHT = 8;
const GOOD = 'green';
const BAD = 'orange';

/** The text of docs/grafana/dashboard.json. */
export async function renderGrafanaDashboard(): Promise<string> {
  // The successor's format is only read by Grafana 12 and later.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const builder = new dashboard.DashboardBuilder('Shellwright')
    .uid('shellwright')
    .description(
      'Requests, latency, speed and quality of a bash-writing model in the browser. Made by npm run docs:grafana.',
    )
    .tags(['shellwright', 'generated'])
    .timezone('browser')
    .refresh('1m')
    .time({ from: 'now-6h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(
      new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    )
    .withVariable(labelVariable('job', 'generation_requests_total'))
    .withVariable(labelVariable('instance', 'generation_requests_total{job=~"$job"}'));
  // Grafana tells panels apart by their ids, and links point to them.
  let id = 0;
  for (const { title, panels } of DASHBOARD_ROWS) {
    builder.withRow(new dashboard.RowBuilder(title).id(++id));
    for (const plan of panels) builder.withPanel(panelOf(plan).id(++id));
  }
  return format(JSON.stringify(builder.build()), { parser: 'json', printWidth: 100 });
}

function labelVariable(label: string, series: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(label)
    .label(label)
    .datasource(DATASOURCE)
    .query(`label_values(${series}, ${label})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

type AnyPanelBuilder = stat.PanelBuilder | timeseries.PanelBuilder | heatmap.PanelBuilder;

function panelOf(plan: PanelPlan): AnyPanelBuilder {
  const panel = unfilledPanel(plan)
    .title(plan.title)
    .description(plan.description)
    .datasource(DATASOURCE)
    .height(plan.kind === 'stat' ? STAT_HEIGHT : PANEL_HEIGHT)
    .span(plan.width);
  // In less time there may be no two samples to tell an increase from.
  if (plan.queries.some(({ expression }) => expression.includes(STEP))) panel.interval('1m');
  for (const [index, { expression, legend }] of plan.queries.entries()) {
    panel.withTarget(
      new prometheus.DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .datasource(DATASOURCE)
        .expr(expression)
        .legendFormat(legend)
        .format(
          plan.kind === 'heatmap'
            ? prometheus.PromQueryFormat.Heatmap
            : prometheus.PromQueryFormat.TimeSeries,
        )
        .range(),
    );
  }
  return panel;
}

function unfilledPanel(plan: PanelPlan): AnyPanelBuilder {
  const { kind, unit } = plan;
  switch (kind) {
    case 'stat':
      return new stat.PanelBuilder()
        .unit(unit)
        .thresholds(thresholdsOf(plan))
        .graphMode(common.BigValueGraphMode.Area)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    case 'heatmap':
      return new heatmap.PanelBuilder()
        .calculate(false)
        .yAxis(new heatmap.YAxisConfigBuilder().unit(unit))
        .cellGap(1)
        .showLegend();
    case 'lines':
    case 'bars': {
      const isBars = kind === 'bars';
      return new timeseries.PanelBuilder()
        .unit(unit)
        .min(0)
        .drawStyle(isBars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
        .fillOpacity(isBars ? 70 : 0)
        .stacking(
          new common.StackingConfigBuilder().mode(
            isBars ? common.StackingMode.Normal : common.StackingMode.None,
          ),
        )
        .spanNulls(false)
        .thresholds(thresholdsOf(plan))
        .thresholdsStyle(
          new common.GraphThresholdsStyleConfigBuilder().mode(
            plan.objective === undefined
              ? common.GraphThresholdsStyleMode.Off
              : common.GraphThresholdsStyleMode.Dashed,
          ),
        )
        .legend(
          new common.VizLegendOptionsBuilder()
            .showLegend(true)
            .displayMode(common.LegendDisplayMode.List)
            .placement(common.LegendPlacement.Bottom),
        )
        .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
    }
  }
}

function thresholdsOf({ objective: id }: PanelPlan): dashboard.ThresholdsConfigBuilder {
  const objective = id === undefined ? undefined : objectiveOf(id);
  const builder = new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute);
  if (objective === undefined) return builder.steps([{ value: null, color: GOOD }]);
  const [below, above] = objective.comparison === 'below' ? [GOOD, BAD] : [BAD, GOOD];
  return builder.steps([
    { value: null, color: below },
    { value: objective.threshold, color: above },
  ]);
}
