import { expect, test, vi } from 'vitest';
import { ChangeSignal } from '../../../src/monitor/change-signal.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

function setUp() {
  const host = new FakeHost();
  let tell = (): void => {};
  const openChannel = vi.fn(() => ({ onNotified: (callback: () => void) => (tell = callback) }));
  const signal = new ChangeSignal({
    openChannel,
    after: (ms, callback) => host.after(ms, callback),
  });
  return {
    host,
    signal,
    openChannel,
    tell: () => {
      tell();
    },
  };
}

test('changes are told at once, and then at most four times a second', () => {
  const { signal, host } = setUp();
  const heard = vi.fn();
  signal.subscribe(heard);
  for (let i = 0; i < 10; i++) signal.mark();
  expect(heard).toHaveBeenCalledTimes(1);
  host.pass(250);
  expect(heard).toHaveBeenCalledTimes(2);
  host.pass(10_000);
  expect(heard).toHaveBeenCalledTimes(2);
});

test('changes of other tabs are told as well', () => {
  const { signal, tell } = setUp();
  const heard = vi.fn();
  signal.subscribe(heard);
  tell();
  expect(heard).toHaveBeenCalledTimes(1);
});

test('a page in which nobody listens has no timers, and no channel', () => {
  const { signal, host, openChannel } = setUp();
  signal.mark();
  expect(host.timerCount).toBe(0);
  expect(openChannel).not.toHaveBeenCalled();
  signal.subscribe(() => {})();
  signal.subscribe(() => {})();
  signal.mark();
  expect(host.timerCount).toBe(0);
  expect(openChannel).toHaveBeenCalledTimes(1);
});
