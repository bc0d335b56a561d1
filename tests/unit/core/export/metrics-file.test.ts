import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { addSources } from '../../../../src/core/export/metrics-dataset.ts';
import { MAX_FILE_CHARS } from '../../../../src/core/export/metrics-file.ts';
import { parseMetricsFile } from '../../../../src/core/export/parse-metrics-file.ts';
import { writeMetricsFile } from '../../../../src/core/export/write-metrics-file.ts';
import { makeRequest, makeSource, requests } from '../../../fixtures/monitoring/metrics-source.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../../docs/metrics-export.schema.json', import.meta.url), 'utf8'),
) as object;
const fitsSchema = new Ajv2020({ allErrors: true, strict: 'log', allowUnionTypes: true }).compile(
  schema,
);

const content = [{ id: makeRequest(0).id, prompt: 'list files', text: 'ls\n' }];
const full = makeSource(requests(30), { records: requests(30), content });
const other = makeSource(requests(5, 200), {
  id: '99999999-2222-4333-8444-555555555555',
  model: null,
});

function parse(text: string) {
  const result = parseMetricsFile(text);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

describe('a metrics file', () => {
  it('is the same to the byte after import and export', () => {
    const text = writeMetricsFile({ sources: [other, full] });
    expect(writeMetricsFile(parse(text))).toBe(text);
    expect(writeMetricsFile(parse(writeMetricsFile(parse(text))))).toBe(text);
  });

  it('does not depend on the order in which rows, records and keys come', () => {
    const reversed = {
      ...full,
      rollups: full.rollups.toReversed(),
      records: full.records?.toReversed() ?? null,
    };
    expect(writeMetricsFile({ sources: [full, other] })).toBe(
      writeMetricsFile({ sources: [other, reversed] }),
    );
  });

  it('fits the published schema', () => {
    for (const sources of [[full], [full, other]]) {
      fitsSchema(JSON.parse(writeMetricsFile({ sources })));
      expect(fitsSchema.errors).toBeNull();
    }
  });

  it('holds percentiles that hide what too few values would say', () => {
    const { sources } = JSON.parse(writeMetricsFile({ sources: [full] })) as {
      sources: { percentiles: Record<string, unknown>[] }[];
    };
    const latency = sources[0]?.percentiles.find(
      ({ metric }) => metric === 'generation_latency_seconds',
    );
    expect(latency).toMatchObject({ n: 30, p99: null });
    expect(latency?.['p95']).toBeGreaterThan(0.4);
  });

  it('holds content only where it was given', () => {
    expect(writeMetricsFile({ sources: [{ ...full, content: null }] })).not.toContain('list files');
    expect(writeMetricsFile({ sources: [full] })).toContain('list files');
  });

  it('keeps metrics that this version does not know', () => {
    const [row, ...rest] = full.rollups;
    if (row === undefined) throw new Error('no rows');
    const later = { ...row, counters: { ...row.counters, 'later_metric_total{a="b"}': 3 } };
    const text = writeMetricsFile({ sources: [{ ...full, rollups: [later, ...rest] }] });
    expect(writeMetricsFile(parse(text))).toBe(text);
  });
});

interface Tree {
  [key: string]: Tree;
}

/** Changes a copy of a good file. */
function damaged(change: (file: Tree, first: Tree) => void): string {
  const file = JSON.parse(writeMetricsFile({ sources: [full] })) as Tree;
  change(file, file['sources']?.[0] as Tree);
  return JSON.stringify(file);
}

const set = (tree: Tree | undefined, key: string, value: unknown): void => {
  if (tree === undefined) throw new Error(`nothing to set ${key} in`);
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
};

const LATENCY = 'generation_latency_seconds';
const rowWith = (first: Tree, list: string, kind: string, key: string): Tree => {
  const rows = Object.values(first['rollups']?.[list] ?? {});
  const row = rows.find((candidate) => candidate[kind]?.[key] !== undefined);
  if (row === undefined) throw new Error(`no row has ${key}`);
  return row;
};
const histogram = (first: Tree): Tree =>
  rowWith(first, 'totals', 'histograms', LATENCY)['histograms']?.[LATENCY] as Tree;

describe('a file that is refused', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'no JSON'],
    ['a page', '<!doctype html>', 'no JSON'],
    ['half a file', writeMetricsFile({ sources: [full] }).slice(0, 5_000), 'no JSON'],
    ['a number that JSON has not', '{"format": NaN}', 'no JSON'],
    ['a list', '[]', 'it is not an object'],
    ['null', 'null', 'it is not an object'],
    ['nesting without end', '['.repeat(200_000) + ']'.repeat(200_000), ''],
    [
      'a count that no number can hold',
      writeMetricsFile({ sources: [full] }).replace('"zeroCount":0', '"zeroCount":1e400'),
      'zeroCount is not a whole number',
    ],
    ['another format', '{"format":"prometheus","schemaVersion":1}', 'no metrics file'],
  ])('is %s', (_, text, message) => {
    const result = parseMetricsFile(text);
    if (result.ok) throw new Error('it was taken');
    expect(result.failure.code).toBe('import/invalid-file');
    expect(result.failure.message).toContain(message);
  });

  it('is a newer one, and says so', () => {
    const result = parseMetricsFile(damaged((file) => set(file, 'schemaVersion', 2)));
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'import/newer-version', detail: { schemaVersion: 2 } },
    });
  });

  it('is a larger one than a browser can read in one piece', () => {
    expect(parseMetricsFile(' '.repeat(MAX_FILE_CHARS + 1))).toMatchObject({
      ok: false,
      failure: { code: 'import/too-large' },
    });
  });

  it.each<[string, string, (file: Tree, first: Tree) => void]>([
    ['no sources', 'sources', (file) => set(file, 'sources', [])],
    ['a field of its own', 'extra', (file) => set(file, 'extra', 1)],
    ['a prototype', '__proto__', (file) => set(file, '__proto__', { isAdmin: true })],
    ['a prototype in a source', 'sources[0].__proto__', (_, f) => set(f, '__proto__', {})],
    ['a made-up id', 'sources[0].id', (_, f) => set(f, 'id', '../../etc/passwd')],
    ['a browser twice', 'sources[1].id', (file, f) => set(file, 'sources', [f, f])],
    ['a fractional version', 'schemaVersion', (file) => set(file, 'schemaVersion', 1.5)],
    [
      'a moment that is none',
      'sources[0].exportedAtEpochMs',
      (_, f) => set(f, 'exportedAtEpochMs', 9e15),
    ],
    [
      'a negative count',
      'sources[0].rollups.totals[0].counters["generation_requests_total"]',
      (_, f) => {
        const totals = Object.values(f['rollups']?.['totals'] ?? {});
        set(f['rollups'], 'totals', [
          ...totals.filter((row) => row['counters']?.['generation_requests_total'] !== undefined),
          ...totals.filter((row) => row['counters']?.['generation_requests_total'] === undefined),
        ]);
        set(
          rowWith(f, 'totals', 'counters', 'generation_requests_total')['counters'],
          'generation_requests_total',
          -1,
        );
      },
    ],
    ['counts that do not add up', '.counts', (_, f) => set(histogram(f), 'count', 29)],
    [
      'classic buckets that do not add up',
      '.classic',
      (_, f) => set(histogram(f)['classic'], '0', 99),
    ],
    [
      'a bucket too few',
      '.classic',
      (_, f) => set(histogram(f), 'classic', [Number(histogram(f)['count'])]),
    ],
    ['buckets out of order', '.indices', (_, f) => set(histogram(f)['indices'], '0', 99_999)],
    ['a sum out of range', '.sumMicros', (_, f) => set(histogram(f), 'sumMicros', 9e15)],
    ['a maximum below the minimum', '.max', (_, f) => set(histogram(f), 'max', 0.000_001)],
    ['a minimum outside of its bucket', '.min', (_, f) => set(histogram(f), 'min', 0.000_001)],
    [
      'an hour with more than the total',
      'sources[0].rollups.hours',
      (_, f) =>
        set(
          rowWith(f, 'hours', 'counters', 'generation_requests_total')['counters'],
          'generation_requests_total',
          1e6,
        ),
    ],
    [
      'a minute with more than its hour',
      'sources[0].rollups.minutes',
      (_, f) =>
        set(
          rowWith(f, 'minutes', 'counters', 'generation_requests_total')['counters'],
          'generation_requests_total',
          29,
        ),
    ],
    [
      'an hour that starts in its middle',
      '.startMs',
      (_, f) => set(f['rollups']?.['hours']?.[0], 'startMs', 5),
    ],
    [
      'the same row twice',
      'rollups.minutes[1]',
      (_, f) => {
        const minutes = f['rollups']?.['minutes'] as Tree;
        set(minutes, '1', minutes[0]);
      },
    ],
    [
      'more rows than any browser has',
      'sources[0].rollups.minutes has more than 200000 entries',
      (_, f) =>
        set(
          f['rollups'],
          'minutes',
          Array.from({ length: 200_001 }, () => 0),
        ),
    ],
    [
      'a series that is none',
      '["constructor"]',
      (_, f) => set(f['rollups']?.['totals']?.[0]?.['counters'], 'constructor', 1),
    ],
    [
      'markup for a series',
      'is no series',
      (_, f) => set(f['rollups']?.['totals']?.[0]?.['counters'], '<img src=x>', 1),
    ],
    [
      'a histogram among counters',
      'is no counter',
      (_, f) => set(f['rollups']?.['totals']?.[0]?.['counters'], LATENCY, 1),
    ],
    ['percentiles of something else', '.p50', (_, f) => set(f['percentiles']?.[0], 'p50', 1e9)],
    ['a percentile too few', 'sources[0].percentiles', (_, f) => set(f, 'percentiles', [])],
    [
      'an objective of its own',
      'objectives[0].id',
      (_, f) => set(f['objectives']?.[0], 'id', 'uptime'),
    ],
    [
      'a record twice',
      'sources[0].records[1].id',
      (_, f) => set(f['records'], '1', f['records']?.[0]),
    ],
    ['a record that is active', '.outcome', (_, f) => set(f['records']?.[0], 'outcome', null)],
    [
      'a record with a prompt',
      'records[0].prompt',
      (_, f) => set(f['records']?.[0], 'prompt', 'secret'),
    ],
    [
      'a failure without a code',
      'failure.code',
      (_, f) => set(f['records']?.[0], 'failure', { code: 'x', field: null }),
    ],
    ['a negative gap', 'tokenGapsMs[0]', (_, f) => set(f['records']?.[0], 'tokenGapsMs', [-1])],
    ['a cosine above 1', '.similarity', (_, f) => set(f['records']?.[0], 'similarity', 1.01)],
  ])('has %s', (_, field, change) => {
    const result = parseMetricsFile(damaged(change));
    if (result.ok) throw new Error('it was taken');
    expect(result.failure.code).toBe('import/invalid-file');
    expect(result.failure.message).toContain(field);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

describe('adding files', () => {
  const early = makeSource(requests(10), { exportedAtEpochMs: 1_700_000_500_000 });
  const late = makeSource(requests(30), { records: requests(30) });

  it('keeps browsers apart, in any order', () => {
    const there = addSources({ sources: [full] }, { sources: [other] });
    const back = addSources({ sources: [other] }, { sources: [full] });
    expect(there).toMatchObject({ addedCount: 1, knownCount: 0 });
    expect(writeMetricsFile(there.dataset)).toBe(writeMetricsFile(back.dataset));
  });

  it('recognises a file that is there already', () => {
    const { dataset, ...counts } = addSources({ sources: [full] }, { sources: [full] });
    expect(counts).toEqual({ addedCount: 0, knownCount: 1 });
    expect(writeMetricsFile(dataset)).toBe(writeMetricsFile({ sources: [full] }));
  });

  it('counts nothing twice in two files of one browser, whichever comes first', () => {
    const forth = addSources({ sources: [early] }, { sources: [late] });
    const back = addSources({ sources: [late] }, { sources: [early] });
    expect(forth).toMatchObject({ addedCount: 1, knownCount: 0 });
    expect(back).toMatchObject({ addedCount: 0, knownCount: 1 });
    expect(writeMetricsFile(forth.dataset)).toBe(writeMetricsFile({ sources: [late] }));
    expect(writeMetricsFile(back.dataset)).toBe(writeMetricsFile({ sources: [late] }));
  });

  it('takes of two files of the same moment the one that holds the other', () => {
    const same = { ...late, exportedAtEpochMs: early.exportedAtEpochMs };
    for (const [first, second] of [
      [early, same],
      [same, early],
    ] as const) {
      const { dataset } = addSources({ sources: [first] }, { sources: [second] });
      expect(writeMetricsFile(dataset)).toBe(writeMetricsFile({ sources: [same] }));
    }
  });

  it('keeps from the earlier file what the browser has pruned since', () => {
    const pruned = {
      ...late,
      rollups: late.rollups.filter(({ resolution }) => resolution !== 'minute'),
    };
    const { dataset } = addSources({ sources: [pruned] }, { sources: [early] });
    const minutes = dataset.sources[0]?.rollups.filter(({ resolution }) => resolution === 'minute');
    expect(minutes).toEqual(early.rollups.filter(({ resolution }) => resolution === 'minute'));
    expect(parse(writeMetricsFile(dataset)).sources).toHaveLength(1);
  });

  it('believes the later file where measurements were deleted in between', () => {
    const anew = makeSource(requests(2, 500), { exportedAtEpochMs: late.exportedAtEpochMs + 1 });
    const { dataset } = addSources({ sources: [late] }, { sources: [anew] });
    expect(dataset.sources).toEqual([anew]);
  });
});
