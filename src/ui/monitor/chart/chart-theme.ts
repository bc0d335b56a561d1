/** The colours of the page as a canvas needs them: custom properties, worked out for the theme that is on. */
import { TONES, type Hatch, type Tone } from './chart-spec.ts';

export interface ChartTheme {
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly surface: string;
  readonly stop: string;
  readonly tones: Readonly<Record<Tone, string>>;
  /** Few to many, all darker (in the dark: lighter) than the surface. */
  readonly heat: readonly string[];
  readonly font: string;
}

/** Steps of the heatmap's ramp. */
const HEAT_LEVELS = 6;
/** Percent of the colour in a cell of one: to be seen on the surface, and far from a full one. */
const LEAST_HEAT = 26;

/** Reads the colours as they are at `element`, which must be in the document. */
export function readChartTheme(element: HTMLElement): ChartTheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  // Custom properties come back as they were written, light-dark() and all; a colour comes back as a colour.
  const style = getComputedStyle(probe);
  const colour = (value: string): string => {
    probe.style.color = value;
    return style.color;
  };
  const tones = Object.fromEntries(
    TONES.map((tone) => [tone, colour(`var(--tone-${tone})`)]),
  ) as Record<Tone, string>;
  const theme = {
    ink: colour('var(--ink)'),
    soft: colour('var(--ink-soft)'),
    grid: colour('var(--line)'),
    surface: colour('var(--surface)'),
    stop: colour('var(--lamp-stop)'),
    tones,
    heat: Array.from({ length: HEAT_LEVELS }, (_, level) =>
      colour(
        `color-mix(in oklab, var(--tone-blue) ${Math.round(LEAST_HEAT + ((100 - LEAST_HEAT) * level) / (HEAT_LEVELS - 1))}%, var(--surface))`,
      ),
    ),
    font: `11px ${getComputedStyle(element).getPropertyValue('--font-mono')}`,
  };
  probe.remove();
  return theme;
}

/** The ramp's step for a count; null for nothing. Logarithmic: one busy cell must not wash out the others. */
export function heatLevel(count: number, max: number): number | null {
  if (count <= 0) return null;
  if (max <= 1) return HEAT_LEVELS - 1;
  return Math.min(
    HEAT_LEVELS - 1,
    Math.round((Math.log(count) / Math.log(max)) * (HEAT_LEVELS - 1)),
  );
}

const TILE = 8;

/** A fill for bars that can be told from the others without its colour. `scale` is the pixel ratio of the canvas. */
export function hatchFill(
  context: CanvasRenderingContext2D,
  hatch: Hatch,
  colour: string,
  surface: string,
  scale: number,
): string | CanvasPattern {
  if (hatch === 'solid') return colour;
  const tile = document.createElement('canvas');
  tile.width = TILE * scale;
  tile.height = TILE * scale;
  const drawing = tile.getContext('2d');
  if (drawing === null) return colour;
  drawing.scale(scale, scale);
  drawing.fillStyle = surface;
  drawing.fillRect(0, 0, TILE, TILE);
  drawing.globalAlpha = 0.22;
  drawing.fillStyle = colour;
  drawing.fillRect(0, 0, TILE, TILE);
  drawing.globalAlpha = 1;
  drawing.strokeStyle = colour;
  drawing.lineWidth = 2;
  if (hatch === 'dots') {
    for (const at of [2, 6]) {
      drawing.beginPath();
      drawing.arc(at, at, 1.5, 0, 2 * Math.PI);
      drawing.fill();
    }
  } else {
    drawing.stroke(new Path2D(HATCH_PATHS[hatch]));
  }
  return context.createPattern(tile, 'repeat') ?? colour;
}

/** Over the edges of the tile, so that lines join. */
const HATCH_PATHS = {
  rising: 'M-2 2L2 -2M-2 10L10 -2M6 10L10 6',
  falling: 'M-2 6L2 10M-2 -2L10 10M6 -2L10 2',
  level: 'M0 2H8M0 6H8',
  cross: 'M0 4H8M4 0V8',
} as const satisfies Record<Exclude<Hatch, 'solid' | 'dots'>, string>;
