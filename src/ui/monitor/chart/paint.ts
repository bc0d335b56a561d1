/** What uPlot does not draw: bands, bars that stand on each other, cells of a heatmap, and the line of an objective. */
import type uPlot from 'uplot';
import { hasData, type ChartSpec, type Level } from './chart-spec.ts';
import { hatchFill, heatLevel, type ChartTheme } from './chart-theme.ts';

const SHADE_OPACITY = 0.14;

/** Below the lines. */
export function paintUnder(chart: uPlot, spec: ChartSpec, theme: ChartTheme): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paintShades(chart, spec, theme);
  paintHeat(chart, spec, theme);
  paintBars(chart, spec, theme);
  for (let index = 0; index < spec.bands.length; index++) paintBand(chart, spec, index, theme);
  ctx.restore();
}

/** Above the lines. */
export function paintOver(chart: uPlot, spec: ChartSpec, theme: ChartTheme): void {
  if (!hasData(spec)) return;
  for (const level of spec.levels) paintLevel(chart, level, theme);
}

/** Objectives have their name on the right, others on the left, so that near ones do not cover each other. */
function paintLevel(chart: uPlot, { value, label, tone }: Level, theme: ChartTheme): void {
  const { ctx, bbox, scales } = chart;
  const top = scales['y']?.max ?? 0;
  const bottom = scales['y']?.min ?? 0;
  if (value < bottom) return;
  const colour = tone === null ? theme.ink : theme.tones[tone];
  const scale = devicePixelRatio;
  // A far objective would flatten everything else: it is named at the edge instead of being drawn to scale.
  const isAbove = value > top;
  const y = isAbove ? bbox.top : Math.round(chart.valToPos(value, 'y', true));
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = (tone === null ? 1 : 1.5) * scale;
  ctx.setLineDash((tone === null ? [2, 3] : [7, 4]).map((length) => length * scale));
  if (!isAbove) {
    ctx.beginPath();
    ctx.moveTo(bbox.left, y + 0.5 * scale);
    ctx.lineTo(bbox.left + bbox.width, y + 0.5 * scale);
    ctx.stroke();
  }
  const text = isAbove ? `↑ ${label}` : label;
  ctx.font = scaledFont(theme.font, scale);
  ctx.textAlign = tone === null ? 'right' : 'left';
  const isRoomAbove = !isAbove && y - bbox.top > 16 * scale;
  ctx.textBaseline = isRoomAbove ? 'bottom' : 'top';
  const x = bbox.left + (tone === null ? bbox.width - 3 * scale : 3 * scale);
  const at = y + (isRoomAbove ? -2 : 4) * scale;
  // A rim keeps it readable over lines and bands.
  ctx.setLineDash([]);
  ctx.lineWidth = 4 * scale;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = theme.surface;
  ctx.strokeText(text, x, at);
  ctx.fillText(text, x, at);
  ctx.restore();
}

function paintBand(chart: uPlot, spec: ChartSpec, bandIndex: number, theme: ChartTheme): void {
  const band = spec.bands[bandIndex];
  const lower = band && spec.columns[band.lower]?.values;
  const upper = band && spec.columns[band.upper]?.values;
  if (lower === undefined || upper === undefined) return;
  const { ctx } = chart;
  ctx.fillStyle = theme.tones[band?.tone ?? 'blue'];
  ctx.globalAlpha = band?.opacity ?? 1;
  for (const [first, last] of runsOf(lower, upper)) {
    const edge = (step: number): number => stepPosition(chart, spec, step);
    ctx.beginPath();
    if (first === last) {
      // Alone between gaps: as wide as its step.
      const top = yPosition(chart, upper[first]);
      ctx.rect(
        edge(first),
        top,
        edge(first + 1) - edge(first),
        yPosition(chart, lower[first]) - top,
      );
    } else {
      const middle = (step: number): number => (edge(step) + edge(step + 1)) / 2;
      for (let step = first; step <= last; step++) {
        ctx.lineTo(middle(step), yPosition(chart, upper[step]));
      }
      for (let step = last; step >= first; step--) {
        ctx.lineTo(middle(step), yPosition(chart, lower[step]));
      }
    }
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

function paintBars(chart: uPlot, spec: ChartSpec, theme: ChartTheme): void {
  const { ctx } = chart;
  const scale = devicePixelRatio;
  const heights = new Float64Array(spec.timesMs.length);
  for (const { mark, values } of spec.columns) {
    if (mark?.kind !== 'bar') continue;
    ctx.fillStyle = hatchFill(ctx, mark.hatch, theme.tones[mark.tone], theme.surface, scale);
    for (let step = 0; step < spec.timesMs.length; step++) {
      const value = values[step] ?? 0;
      if (value <= 0) continue;
      const base = heights[step] ?? 0;
      heights[step] = base + value;
      const left = Math.round(stepPosition(chart, spec, step));
      const right = Math.round(stepPosition(chart, spec, step + 1));
      const top = yPosition(chart, base + value);
      const gap = right - left > 4 * scale ? scale : 0;
      ctx.fillRect(left, top, Math.max(scale, right - left - gap), yPosition(chart, base) - top);
    }
  }
}

function paintShades(chart: uPlot, { shades }: ChartSpec, theme: ChartTheme): void {
  const { ctx, bbox } = chart;
  const scale = devicePixelRatio;
  for (const { fromMs, toMs, tone } of shades?.spans ?? []) {
    const left = Math.round(chart.valToPos(fromMs, 'x', true));
    const width = Math.max(2 * scale, Math.round(chart.valToPos(toMs, 'x', true)) - left);
    ctx.fillStyle = theme.tones[tone];
    ctx.globalAlpha = SHADE_OPACITY;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    // A rail along the top, so that it is more than a tint.
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top, width, 3 * scale);
  }
}

function paintHeat(chart: uPlot, spec: ChartSpec, theme: ChartTheme): void {
  const { heat } = spec;
  if (heat === null) return;
  const { ctx } = chart;
  heat.cells.forEach((rows, step) => {
    const left = Math.round(stepPosition(chart, spec, step));
    const right = Math.round(stepPosition(chart, spec, step + 1));
    rows.forEach((count, row) => {
      const level = heatLevel(count, heat.max);
      if (level === null) return;
      const top = Math.round(yPosition(chart, heat.edges[row + 1]));
      const bottom = Math.round(yPosition(chart, heat.edges[row]));
      ctx.fillStyle = theme.heat[level] ?? theme.ink;
      ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
    });
  });
}

/** First and last step of each run in which both have a value. */
function runsOf(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  let first = -1;
  for (let step = 0; step <= a.length; step++) {
    const isThere = a[step] != null && b[step] != null;
    if (isThere && first < 0) first = step;
    if (!isThere && first >= 0) {
      runs.push([first, step - 1]);
      first = -1;
    }
  }
  return runs;
}

/** Where a step begins, in pixels of the canvas. */
function stepPosition(chart: uPlot, spec: ChartSpec, step: number): number {
  const startMs = (spec.timesMs[0] ?? spec.range.fromMs) + step * spec.stepMs;
  return chart.valToPos(startMs, 'x', true);
}

function yPosition(chart: uPlot, value: number | null | undefined): number {
  const bottom = chart.bbox.top + chart.bbox.height;
  // A logarithmic axis has no place for 0.
  if (value == null || value <= 0) return bottom;
  return Math.min(bottom, chart.valToPos(value, 'y', true));
}

/** A font's size in pixels of the canvas. */
function scaledFont(font: string, scale: number): string {
  return font.replace(/^(\d+)px/u, (_, size: string) => `${Number(size) * scale}px`);
}
