import { expect, test } from 'vitest';
import { settleSoon } from '../../../src/monitor/settle-soon.ts';

class Clock {
  readonly timers: { ms: number; callback: () => void }[] = [];

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { ms, callback };
    this.timers.push(timer);
    return () => this.timers.splice(this.timers.indexOf(timer), 1);
  };
}

test('waits for what is being written, and leaves no timer', async () => {
  const { after, timers } = new Clock();
  let endWriting = (): void => {};
  const writing = new Promise<void>((resolve) => (endWriting = resolve));
  let isOver = false;
  const wait = settleSoon({ store: { settled: () => writing }, after }).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect(isOver).toBe(false);
  endWriting();
  await wait;
  expect(timers).toEqual([]);
});

test('does not wait longer than a second for the disk', async () => {
  const { after, timers } = new Clock();
  const wait = settleSoon({ store: { settled: () => new Promise(() => {}) }, after });
  expect(timers.map(({ ms }) => ms)).toEqual([1000]);
  timers[0]?.callback();
  await wait;
});
