import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import { writeMetricsFile } from '../../../src/core/export/write-metrics-file.ts';
import type { ExportMetrics } from '../../../src/monitor/metrics-export.ts';
import { MetricsTransfer } from '../../../src/state/metrics-transfer.svelte.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { makeSource, requests } from '../../fixtures/monitoring/metrics-source.ts';

const mine = makeSource(requests(3));
const theirs = makeSource(requests(4, 50), { id: '99999999-2222-4333-8444-555555555555' });

const fileOf = (name: string, ...sources: (typeof mine)[]): File =>
  new File([writeMetricsFile({ sources })], name, { type: 'application/json' });

function setUp(
  exportMetrics: ExportMetrics = () =>
    Promise.resolve({
      ok: true,
      value: { fileName: 'm.json', text: '{}', recordCount: 0, omittedRecordCount: 0 },
    }),
) {
  const host = new FakeHost();
  const shown: string[] = [];
  const transfer = new MetricsTransfer({
    exportMetrics,
    exportText: (kind) => {
      const text = kind === 'history' ? '' : 'uptime_seconds 1\n';
      return Promise.resolve({ ok: true, value: { fileName: 'm.prom', text, type: 'text/plain' } });
    },
    host,
    notices: { show: (text: string) => void shown.push(text) },
  });
  return { transfer, host, shown };
}

describe('importing', () => {
  test('shows several files together, and goes back', async () => {
    const { transfer, shown } = setUp();
    await transfer.importFiles([fileOf('a.json', mine), fileOf('b.json', theirs)]);
    expect(transfer.fileCount).toBe(2);
    expect(transfer.imported?.dataset.sources).toHaveLength(2);
    expect(shown).toEqual(['2 files added.']);
    transfer.leave();
    expect(transfer.imported).toBeNull();
    expect(transfer.fileCount).toBe(0);
  });

  test('adds to what is shown, and knows a file again', async () => {
    const { transfer, shown } = setUp();
    await transfer.importFiles([fileOf('a.json', mine)]);
    await transfer.importFiles([fileOf('again.json', mine), fileOf('b.json', theirs)]);
    expect(transfer.fileCount).toBe(2);
    expect(shown.at(-1)).toBe('1 file added, 1 file brought nothing new.');
  });

  test('changes nothing where a file is refused, and says which and why', async () => {
    const { transfer } = setUp();
    await transfer.importFiles([fileOf('a.json', mine)]);
    const before = transfer.imported;
    await transfer.importFiles([new File(['{"format":"x"}'], 'b.json')]);
    expect(transfer.imported).toBe(before);
    expect(transfer.problems).toMatchObject([
      { fileName: 'b.json', failure: { code: 'import/invalid-file' } },
    ]);
    transfer.dismissProblems();
    expect(transfer.problems).toEqual([]);
  });

  test('takes the good ones beside a bad one', async () => {
    const { transfer, shown } = setUp();
    await transfer.importFiles([new File(['no'], 'bad.json'), fileOf('a.json', mine)]);
    expect(transfer.fileCount).toBe(1);
    expect(shown).toEqual(['1 file added, 1 file refused.']);
  });

  test('does not read a file that cannot fit', async () => {
    const { transfer } = setUp();
    const text = (): Promise<string> => Promise.reject(new Error('it was read'));
    await transfer.importFiles([{ name: 'huge.json', size: 1e12, text }]);
    expect(transfer.problems[0]?.failure.code).toBe('import/too-large');
    await transfer.importFiles([{ name: 'gone.json', size: 5, text }]);
    expect(transfer.problems[0]?.failure.message).toBe('This file cannot be read.');
  });
});

describe('exporting', () => {
  test('saves the file, and says what did not fit', async () => {
    const { transfer, host, shown } = setUp((choice) =>
      Promise.resolve({
        ok: true,
        value: {
          fileName: 'm.json',
          text: JSON.stringify(choice),
          recordCount: 10,
          omittedRecordCount: 5,
        },
      }),
    );
    await transfer.exportOwn({ records: true, content: false });
    expect(host.saved).toEqual([{ name: 'm.json', text: '{"records":true,"content":false}' }]);
    expect(shown).toEqual(['The file has the newest 10 records; 5 older ones did not fit.']);
  });

  test('says why it failed', async () => {
    const { transfer, host } = setUp(() =>
      Promise.resolve({ ok: false, failure: failure('store/unavailable') }),
    );
    await transfer.exportOwn({});
    expect(transfer.exportFailure?.code).toBe('store/unavailable');
    expect(host.saved).toEqual([]);
  });

  test('saves what is shown as one file, which is the same after another import', async () => {
    const { transfer, host } = setUp();
    await transfer.importFiles([fileOf('b.json', theirs), fileOf('a.json', mine)]);
    transfer.exportImported();
    const merged = host.saved[0]?.text ?? '';
    transfer.leave();
    await transfer.importFiles([new File([merged], 'merged.json')]);
    transfer.exportImported();
    expect(host.saved[1]?.text).toBe(merged);
  });
});

test('figures for Prometheus are saved as a file, unless there are none', async () => {
  const { transfer, host, shown } = setUp();
  await transfer.exportText('prometheus');
  expect(host.saved).toHaveLength(1);
  await transfer.exportText('history');
  expect(host.saved).toHaveLength(1);
  expect(shown).toEqual(['Nothing was measured yet.']);
});

test('what cannot be fetched is said, and can be tried again', async () => {
  let isOnline = false;
  const value = { fileName: 'm.json', text: '{}', recordCount: 0, omittedRecordCount: 0 };
  const { transfer, host } = setUp(() =>
    isOnline ? Promise.resolve({ ok: true, value }) : Promise.reject(new Error('offline')),
  );
  await transfer.exportOwn({});
  expect(transfer.isBusy).toBe(false);
  expect(transfer.exportFailure?.message).toBe('This part of the page could not be loaded.');
  isOnline = true;
  await transfer.exportOwn({});
  expect(transfer.exportFailure).toBeNull();
  expect(host.saved).toHaveLength(1);
});
