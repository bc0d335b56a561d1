/** docs/guide-parity.md and the test that walks through the guide are of one mind. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const docs = join(root, 'docs');
const text = readFileSync(join(docs, 'guide-parity.md'), 'utf8');

const SECTION = /(?:\d\.\d|Checklist \d|Key metrics)/u.source;

/** First cells of the rows of a table, as far as they name a section. */
const documented = [...text.matchAll(new RegExp(`^\\| (${SECTION})\\b`, 'gmu'))].map(
  ([, section = '']) => section,
);

const tested = globSync('tests/e2e/guide-parity/*.ts', { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .flatMap((code) => [...code.matchAll(new RegExp(`^test\\('(${SECTION})\\b`, 'gmu'))])
  .map(([, section = '']) => section);

const GUIDE_SECTIONS = [
  ...['1.1', '1.2', '1.3', '2.1', '2.2', '2.3', '3.1', '3.2', '3.3', '4.1', '4.2', '4.3'],
  ...['5.1', '5.2', '5.3', '6.1', '6.2'],
  ...Array.from({ length: 8 }, (_, at) => `Checklist ${at + 1}`),
  'Key metrics',
];

describe('docs/guide-parity.md', () => {
  test('has every section of the guide once, in its order', () => {
    expect(documented).toEqual(GUIDE_SECTIONS);
  });

  test('has a test for each of its rows, and a row for each test', () => {
    expect(tested.toSorted()).toEqual(documented.toSorted());
  });

  test('names each of the 65 faults once', () => {
    const faults = [...text.matchAll(/\*\*(\d+)\*\*/gu)].map(([, number]) => Number(number));
    expect(faults.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 65 }, (_, at) => at + 1));
  });

  test('links to files that are there, and to headings that they have', () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/gu)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(20);
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const file = join(docs, path);
      expect(existsSync(file), link).toBe(true);
      if (anchor === undefined) continue;
      const anchors = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gmu)].map(
        ([, heading = '']) =>
          heading
            .toLowerCase()
            .replaceAll(/[^\w\s-]/gu, '')
            .replaceAll(' ', '-'),
      );
      expect(anchors, link).toContain(anchor);
    }
  });

  test('names metrics, addresses and rules that exist', () => {
    const sources = [
      'docs/metrics.md',
      'docs/prometheus/alert-rules.yml',
      'src/sw/endpoints/endpoints.ts',
      'src/core/metrics/metric-labels.ts',
    ]
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join('\n');
    const names = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+|Shellwright\w+)`/gu)].map(
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(15);
    // Of the guide itself, and of the answer to a request.
    const others = new Set(['counting_since']);
    for (const name of new Set(names)) {
      if (!others.has(name)) expect(sources, name).toContain(name);
    }
    for (const [, path = ''] of text.matchAll(/`GET ([\w/]+)`/gu)) {
      if (!path.startsWith('/')) expect(sources, path).toContain(`['${path}'`);
    }
  });
});
