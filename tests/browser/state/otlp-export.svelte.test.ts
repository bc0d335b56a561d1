import { expect, test } from 'vitest';
import { OTLP_OFF, type OtlpChoice } from '../../../src/contracts/otlp.ts';
import { OtlpExport } from '../../../src/state/otlp-export.svelte.ts';

function setUp(otlp: OtlpChoice = OTLP_OFF) {
  const events: string[] = [];
  const settings = { otlp };
  const exporting = new OtlpExport({
    settings,
    load: ({ endpoint }) =>
      Promise.resolve({
        start: () => void events.push(`start ${endpoint}`),
        stop: () => void events.push('stop'),
      }),
    forget: (signals) => void events.push(`forget ${signals.join(' ')}`),
    test: (endpoint, signals) => {
      events.push(`test ${endpoint} ${signals.join(' ')}`);
      return Promise.resolve({ failedSignal: null, status: 204 });
    },
  });
  return { exporting, settings, events };
}

const ENDPOINT = 'https://collector.example:4318';

test('nothing is sent until it is switched on and there is an address', async () => {
  const { exporting, events } = setUp();
  exporting.start();
  exporting.change({ isOn: true });
  await Promise.resolve();
  expect(events).toEqual([]);
  exporting.change({ endpoint: 'collector' });
  await Promise.resolve();
  expect(events).toEqual([]);
  exporting.change({ endpoint: `${ENDPOINT}/` });
  await expect.poll(() => events).toEqual(['forget metrics traces logs', `start ${ENDPOINT}`]);
});

test('a change ends what was sent before it, and off is off', async () => {
  const { exporting, events } = setUp({ ...OTLP_OFF, isOn: true, endpoint: ENDPOINT });
  exporting.start();
  await expect.poll(() => events).toEqual([`start ${ENDPOINT}`]);
  exporting.change({ names: 'inference' });
  await expect.poll(() => events.slice(1)).toEqual(['stop', `start ${ENDPOINT}`]);
  exporting.change({ isOn: false });
  exporting.change({ signals: ['logs'] });
  await Promise.resolve();
  expect(events.slice(3)).toEqual(['stop']);
});

test('what begins to be sent is sent from then on, whatever was measured while it was not', async () => {
  const { exporting, events } = setUp({ ...OTLP_OFF, isOn: true, endpoint: ENDPOINT });
  const forgotten = () => events.filter((event) => event.startsWith('forget'));
  exporting.start();
  exporting.change({ signals: ['logs'] });
  exporting.change({ names: 'inference' });
  expect(forgotten()).toEqual([]);
  exporting.change({ signals: ['metrics', 'logs'] });
  expect(forgotten()).toEqual(['forget metrics']);
  exporting.change({ signals: [] });
  exporting.change({ signals: ['logs'] });
  expect(forgotten().slice(1)).toEqual(['forget logs']);
  exporting.change({ endpoint: '' });
  exporting.change({ endpoint: ENDPOINT });
  expect(forgotten().slice(2)).toEqual(['forget logs']);
  await Promise.resolve();
});

test('what another tab has chosen is followed, and nothing else begins anew', async () => {
  const { exporting, settings, events } = setUp({ ...OTLP_OFF, isOn: true, endpoint: ENDPOINT });
  exporting.start();
  await expect.poll(() => events).toEqual([`start ${ENDPOINT}`]);
  settings.otlp = { ...settings.otlp };
  exporting.follow();
  await Promise.resolve();
  expect(events).toHaveLength(1);
  settings.otlp = { ...settings.otlp, endpoint: 'https://other.example' };
  exporting.follow();
  await expect.poll(() => events.slice(1)).toEqual(['stop', 'start https://other.example']);
  settings.otlp = { ...settings.otlp, isOn: false };
  exporting.follow();
  expect(events.slice(3)).toEqual(['stop']);
});

test('the receiver can be tested before anything is sent to it, with what is chosen', async () => {
  const { exporting, events } = setUp({ ...OTLP_OFF, endpoint: ENDPOINT });
  await exporting.test();
  expect(exporting.tested).toEqual({ failedSignal: null, status: 204 });
  exporting.change({ signals: ['traces'] });
  expect(exporting.tested).toBeNull();
  await exporting.test();
  exporting.change({ endpoint: 'https://other.example' });
  expect(exporting.tested).toBeNull();
  expect(events).toEqual([`test ${ENDPOINT} metrics traces logs`, `test ${ENDPOINT} traces`]);
});
