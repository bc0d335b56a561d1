/** A chart as somebody reads it: with the keyboard, with the mouse, as a table, as CSV, and aloud. */
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { TimePlot } from '../../src/ui/monitor/chart/time-plot.ts';
import { FakeHost } from '../fixtures/fake-host.ts';
import { makeDashboard } from '../fixtures/monitoring/dashboard-fixture.ts';
import ChartHarness from './support/ChartHarness.svelte';
import { waitFor } from './support/wait-for.ts';

const dashboard = makeDashboard();
const { fromMs } = dashboard.range;
const MINUTE_MS = 60_000;

class Shown {
  dashboard = $state.raw(dashboard);
  isLog = $state(false);
  theme = $state('light');
}

let host: FakeHost;
let state: Shown;
let harness: Record<string, unknown>;
const copy = vi.fn();
const zoom = vi.fn();
const showRequests = vi.fn();

beforeEach(() => {
  host = new FakeHost();
  state = new Shown();
  harness = mount(ChartHarness, {
    target: document.body,
    props: {
      state,
      copy,
      zoom,
      showRequests,
      after: (ms: number, callback: () => void) => host.after(ms, callback),
    },
  });
  flushSync();
});

afterEach(async () => {
  await unmount(harness);
  document.body.style.removeProperty('--blue');
  vi.restoreAllMocks();
  vi.clearAllMocks();
});

const chart = () => page.getByRole('application', { name: /^Latency:/u });
const spoken = (): string => document.querySelector('[aria-live]')?.textContent ?? '';
const canvas = (): HTMLCanvasElement => {
  const element = document.querySelector<HTMLCanvasElement>('.uplot canvas');
  if (element === null) throw new Error('there is no canvas');
  return element;
};
const plot = (): DOMRect => {
  const over = document.querySelector('.u-over');
  if (over === null) throw new Error('there is no chart');
  return over.getBoundingClientRect();
};

/** Pixels of the canvas that are near a colour. */
function pixels(red: number, green: number, blue: number): number {
  const { width, height } = canvas();
  const data = canvas().getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const far =
      Math.abs((data[at] ?? 0) - red) +
      Math.abs((data[at + 1] ?? 0) - green) +
      Math.abs((data[at + 2] ?? 0) - blue);
    if (far < 30 && (data[at + 3] ?? 0) > 200) count += 1;
  }
  return count;
}

/** What a mouse does on the chart, at shares of its width. */
function mouse(...events: readonly (readonly [type: string, share: number])[]): void {
  const over = document.querySelector('.u-over');
  const { left, top, width } = plot();
  for (const [type, share] of events) {
    const init = {
      bubbles: true,
      clientX: left + share * width,
      clientY: top + 40,
      movementX: 3,
      buttons: type === 'mouseup' ? 0 : 1,
    };
    const target = type === 'mouseup' || type === 'mousemove' ? document : over;
    if (type.startsWith('pointer')) over?.dispatchEvent(new PointerEvent(type, init));
    else if (type === 'mousemove') over?.dispatchEvent(new MouseEvent(type, init));
    else target?.dispatchEvent(new MouseEvent(type, init));
  }
}

describe('a chart', () => {
  test('is a figure with a name, and a description that tells its numbers', async () => {
    const figure = page.getByRole('figure', { name: 'Latency' });
    await expect.element(figure).toHaveAccessibleDescription(/^p50 \d+ ms, .*n = [\d,]+\./u);
  });

  test('is drawn in the colours of the page, with a gap where there were no requests', () => {
    expect(pixels(0, 0, 255)).toBeGreaterThan(300);
    const { width, height } = canvas();
    const gapX = Math.round(width * 0.5);
    const column = canvas().getContext('2d')?.getImageData(gapX, 0, 1, height).data ?? [];
    const isBlue = [...column].some(
      (value, at) => at % 4 === 2 && value > 200 && (column[at - 2] ?? 0) < 60,
    );
    expect(isBlue).toBe(false);
  });

  test('is made once, however often its numbers change', async () => {
    const destroy = vi.spyOn(TimePlot.prototype, 'destroy');
    const update = vi.spyOn(TimePlot.prototype, 'update');
    const before = canvas();
    for (const mood of ['degraded', 'sparse', 'healthy'] as const) {
      state.dashboard = makeDashboard({ mood });
      flushSync();
      await tick();
    }
    expect(update).toHaveBeenCalledTimes(3);
    expect(destroy).not.toHaveBeenCalled();
    expect(canvas()).toBe(before);
  });

  test('takes the colours of another theme', async () => {
    document.body.style.setProperty('--blue', 'rgb(0, 200, 0)');
    state.theme = 'dark';
    await waitFor(() => expect(pixels(0, 200, 0)).toBeGreaterThan(300));
    expect(pixels(0, 0, 255)).toBe(0);
  });

  test('has a logarithmic scale where that is chosen', async () => {
    const before = canvas();
    state.isLog = true;
    await waitFor(() => expect(canvas()).not.toBe(before));
    expect(pixels(0, 0, 255)).toBeGreaterThan(300);
  });

  test('is as wide as its place', async () => {
    const width = plot().width;
    document.querySelector<HTMLElement>('.page')?.style.setProperty('width', '400px');
    await waitFor(() => expect(plot().width).toBe(width - 200));
  });
});

describe('with the keyboard', () => {
  test('arrow keys move from step to step, and what rests is read out once', async () => {
    await chart().click();
    chart().element().focus();
    await userEvent.keyboard('{ArrowLeft}{ArrowLeft}{ArrowLeft}');
    expect(spoken()).toBe('');
    host.pass(400);
    flushSync();
    expect(spoken()).toMatch(/ \d\d:57–\d\d:58: p50 .*requests \d+\.$/u);
    const tooltip = document.querySelector('.tooltip')?.textContent ?? '';
    expect(tooltip).toMatch(/\d\d:57–\d\d:58.*12:57–12:58 UTC/su);
  });

  test('Shift marks steps, and Enter zooms to them', async () => {
    chart().element().focus();
    await userEvent.keyboard('{Home}{Shift>}{ArrowRight}{ArrowRight}{/Shift}{Enter}');
    expect(zoom).toHaveBeenCalledExactlyOnceWith({ fromMs, toMs: fromMs + 3 * MINUTE_MS });
  });

  test('the place stays at its time while the window moves on', async () => {
    chart().element().focus();
    await userEvent.keyboard('{Home}{ArrowRight}{ArrowRight}{Shift>}{ArrowRight}{/Shift}');
    const marked = (): number => document.querySelector('.u-select')?.clientWidth ?? 0;
    const width = marked();
    expect(width).toBeGreaterThan(0);
    state.dashboard = makeDashboard({ toMs: dashboard.range.toMs + MINUTE_MS });
    flushSync();
    expect(marked()).toBe(width);
    await userEvent.keyboard('{Enter}');
    expect(zoom).toHaveBeenCalledExactlyOnceWith({
      fromMs: fromMs + 2 * MINUTE_MS,
      toMs: fromMs + 4 * MINUTE_MS,
    });
  });

  test('Enter on a step shows its requests', async () => {
    chart().element().focus();
    await userEvent.keyboard('{Home}{ArrowRight}{Enter}');
    expect(showRequests).toHaveBeenCalledExactlyOnceWith({
      fromMs: fromMs + MINUTE_MS,
      toMs: fromMs + 2 * MINUTE_MS,
    });
  });
});

describe('with the mouse', () => {
  test('the tooltip tells the step under it, and is gone afterwards', async () => {
    mouse(['pointerenter', 0.5], ['mouseenter', 0.1], ['mousemove', 0.1]);
    await waitFor(() => expect(document.querySelector('.tooltip')).not.toBeNull());
    mouse(['pointerleave', 0.5]);
    await waitFor(() => expect(document.querySelector('.tooltip')).toBeNull());
  });

  test('dragging zooms to what was dragged over, and is no click', async () => {
    mouse(['pointerenter', 0.25], ['mouseenter', 0.25], ['mousemove', 0.25], ['mousedown', 0.25]);
    mouse(['mousemove', 0.4], ['mousemove', 0.5], ['mouseup', 0.5], ['click', 0.5]);
    await waitFor(() => expect(zoom).toHaveBeenCalledOnce());
    const range = zoom.mock.calls[0]?.[0] as { fromMs: number; toMs: number };
    expect(range.fromMs).toBeCloseTo(fromMs + 15 * MINUTE_MS, -4);
    expect(range.toMs).toBeCloseTo(fromMs + 30 * MINUTE_MS, -4);
    expect(showRequests).not.toHaveBeenCalled();
  });
});

describe('as numbers', () => {
  test('the table has every step, the newest first', async () => {
    await page.getByRole('button', { name: 'Table of Latency' }).click();
    const rows = document.querySelectorAll('tbody tr');
    expect(rows).toHaveLength(60);
    expect(rows[0]?.textContent).toMatch(/\d\d:59–\d\d:00/u);
    await page.getByRole('button', { name: 'Table of Latency' }).click();
    await expect.element(chart()).toBeInTheDocument();
  });

  test('CSV is copied', async () => {
    await page.getByRole('button', { name: 'Copy Latency as CSV' }).click();
    expect(copy).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^time,p50/u), 'Latency');
  });
});
