/** A chart over time on uPlot: draws a spec, tells where the cursor is, and what was selected by dragging. */
import uPlot from 'uplot';
import type { TimeRange } from '../../../core/metrics/dashboard-shape.ts';
import { formatTick } from '../quantity.ts';
import { axisRange, increments, logSplits } from './axis-range.ts';
import type { ChartSpec, Column } from './chart-spec.ts';
import type { ChartTheme } from './chart-theme.ts';
import { timeLabels } from './chart-time.ts';
import { paintOver, paintUnder } from './paint.ts';

export interface TimePlotOptions {
  readonly parent: HTMLElement;
  /** Asked at each drawing; its columns and scale must stay of the same kinds. */
  readonly spec: () => ChartSpec;
  readonly theme: () => ChartTheme;
  /** Pixels of CSS. */
  readonly height: number;
  /** The pointer is at this step, or has left the chart. */
  readonly onHover: (step: number | null) => void;
  readonly onSelect: (range: TimeRange) => void;
  /** A click that was no drag. */
  readonly onPick: (step: number) => void;
}

/** The cursor is at the same time in all charts of the page. */
const SYNC_KEY = 'shellwright-monitor';
/** uPlot's kinds of scales. */
const LINEAR = 1;
const LOGARITHMIC = 3;
/** Less is a click. */
const MIN_DRAG_PX = 6;

export class TimePlot {
  readonly #options: TimePlotOptions;
  readonly #plot: uPlot;
  #isHovered = false;

  constructor(options: TimePlotOptions) {
    this.#options = options;
    this.#plot = new uPlot(this.#plotOptions(), this.#data(), options.parent);
    this.#listen();
  }

  /** Draws what the spec and the theme say now. */
  update(): void {
    this.#plot.setData(this.#data());
    // A change of theme or objective changes no number, so that uPlot would see nothing to do.
    this.#plot.redraw(true, true);
  }

  resize(width: number): void {
    const { height } = this.#options;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height });
  }

  /** Moves the cursor to a step, in all charts; null takes it away. */
  showCursor(step: number | null): void {
    const spec = this.#options.spec();
    const left =
      step === null ? -10 : this.#plot.valToPos(middleOf(spec, spec.timesMs[step] ?? 0), 'x');
    this.#plot.setCursor({ left, top: step === null ? -10 : this.#plot.over.clientHeight / 2 });
  }

  /** Marks steps, both included, as dragging does; null takes the mark away. */
  showSelection(steps: readonly [number, number] | null): void {
    const spec = this.#options.spec();
    const edge = (step: number): number =>
      this.#plot.valToPos((spec.timesMs[0] ?? 0) + step * spec.stepMs, 'x');
    const left = steps === null ? 0 : edge(Math.min(...steps));
    const width = steps === null ? 0 : edge(Math.max(...steps) + 1) - left;
    const height = steps === null ? 0 : this.#plot.over.clientHeight;
    this.#plot.setSelect({ left, top: 0, width, height }, false);
  }

  /** Where a step is, in pixels from the left edge of the parent. */
  position(step: number): number {
    const spec = this.#options.spec();
    const inside = this.#plot.valToPos(middleOf(spec, spec.timesMs[step] ?? 0), 'x');
    return inside + this.#plot.bbox.left / devicePixelRatio;
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #listen(): void {
    const { over } = this.#plot;
    const { onHover } = this.#options;
    over.addEventListener('pointerenter', () => {
      this.#isHovered = true;
    });
    over.addEventListener('pointerleave', () => {
      this.#isHovered = false;
      onHover(null);
    });
    // uPlot listens to the mouse only; a finger that moves sideways reads the chart, one that moves up scrolls the page.
    over.style.touchAction = 'pan-y';
    over.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'touch') return;
      const { left, top } = over.getBoundingClientRect();
      this.#plot.setCursor({ left: event.clientX - left, top: event.clientY - top });
    });
    // A finger that taps reads the chart; only a mouse has both, hovering and clicking.
    let isMouse = true;
    over.addEventListener('pointerdown', ({ pointerType }) => {
      isMouse = pointerType === 'mouse';
    });
    over.addEventListener('click', () => {
      const { idx } = this.#plot.cursor;
      if (isMouse && idx != null && this.#plot.select.width === 0) this.#options.onPick(idx);
    });
  }

  #data(): uPlot.AlignedData {
    const spec = this.#options.spec();
    const times = spec.timesMs.map((timeMs) => middleOf(spec, timeMs));
    const columns = lineColumns(spec).map(({ values }) => [...values]);
    // Bars and cells are painted by us; uPlot needs one series, which is nothing.
    return [times, ...(columns.length > 0 ? columns : [times.map(() => null)])];
  }

  #plotOptions(): uPlot.Options {
    const { parent, height, spec, theme } = this.#options;
    const first = spec();
    const isLog = first.scale === 'log' || first.heat !== null;
    return {
      width: Math.max(parent.clientWidth, 120),
      height,
      ms: 1,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: true, range: () => [spec().range.fromMs, spec().range.toMs] },
        y: {
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- The enum exists for the compiler only.
          distr: isLog ? LOGARITHMIC : LINEAR,
          range: () => {
            const { min, max } = axisRange(spec());
            return [min, max];
          },
        },
      },
      axes: [this.#timeAxis(), this.#valueAxis(isLog)],
      series: [{}, ...this.#series(first)],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: MIN_DRAG_PX },
        points: { size: 7, width: 2, fill: () => theme().surface },
        // Presses stay in their own chart: a selection is told once.
        sync: { key: SYNC_KEY, filters: { pub: (type) => !/mouse(down|up)|dblclick/u.test(type) } },
        bind: { dblclick: () => null },
      },
      hooks: {
        drawAxes: [(chart) => paintUnder(chart, spec(), theme())],
        draw: [(chart) => paintOver(chart, spec(), theme())],
        setCursor: [
          ({ cursor }) => {
            if (this.#isHovered) this.#options.onHover(cursor.idx ?? null);
          },
        ],
        setSelect: [(chart) => this.#onSelect(chart)],
      },
    };
  }

  #series(first: ChartSpec): uPlot.Series[] {
    const { theme } = this.#options;
    const lines = lineColumns(first);
    if (lines.length === 0) return [{ paths: () => null, points: { show: false } }];
    return lines.map(({ mark }) => {
      const tone = mark?.tone ?? 'blue';
      return {
        stroke: () => theme().tones[tone],
        width: 2,
        dash: mark?.kind === 'line' ? [...mark.dash] : [],
        points: {
          show: true,
          size: 5,
          stroke: () => theme().tones[tone],
          fill: () => theme().tones[tone],
          filter: (chart, index) => lonelySteps(chart.data[index] ?? []),
        },
      };
    });
  }

  #timeAxis(): uPlot.Axis {
    const { theme } = this.#options;
    return {
      stroke: () => theme().soft,
      font: theme().font,
      grid: { show: false },
      ticks: { stroke: () => theme().grid, width: 1, size: 5 },
      border: { show: true, stroke: () => theme().grid, width: 1 },
      size: 40,
      space: 64,
      lineGap: 1.25,
      values: (_, splits, __, ___, increment) => timeLabels(splits, increment),
    };
  }

  #valueAxis(isLog: boolean): uPlot.Axis {
    const { spec, theme, height } = this.#options;
    return {
      stroke: () => theme().soft,
      font: theme().font,
      grid: { stroke: () => theme().grid, width: 1 },
      ticks: { show: false },
      size: 58,
      gap: 6,
      space: 34,
      incrs: increments(spec().unit),
      ...(isLog
        ? {
            splits: () => logSplits(axisRange(spec()), Math.floor(height / 34)),
            // uPlot would blank those that are no powers of ten.
            filter: (_, splits) => splits,
          }
        : {}),
      values: (_, splits) => splits.map((value) => formatTick(spec().unit, value)),
    };
  }

  #onSelect(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < MIN_DRAG_PX) return;
    const fromMs = chart.posToVal(left, 'x');
    const toMs = chart.posToVal(left + width, 'x');
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#options.onSelect({ fromMs, toMs });
  }
}

/** Its own value stands for the whole step, so it is drawn in the middle. */
function middleOf(spec: ChartSpec, startMs: number): number {
  return startMs + spec.stepMs / 2;
}

function lineColumns(spec: ChartSpec): Column[] {
  return spec.columns.filter(({ mark }) => mark?.kind === 'line');
}

/** A line needs two points: values between two gaps are drawn as dots. */
function lonelySteps(values: ArrayLike<number | null | undefined>): number[] {
  const steps: number[] = [];
  for (let step = 0; step < values.length; step++) {
    if (values[step] != null && values[step - 1] == null && values[step + 1] == null) {
      steps.push(step);
    }
  }
  return steps;
}
