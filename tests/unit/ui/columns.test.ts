import { expect, test } from 'vitest';
import { columnsFor, COLUMNS } from '../../../src/ui/traces/columns.ts';

const keys = (widthRem: number): string[] => columnsFor(widthRem).map(({ key }) => key);

test('all columns are there where they have room, in the order of the table', () => {
  expect(keys(90)).toEqual(COLUMNS.map(({ key }) => key));
});

test.each([39, 45, 52, 60, 70, 79])('%d rem are never exceeded', (widthRem) => {
  const columns = columnsFor(widthRem);
  expect(columns.reduce((sum, column) => sum + column.widthRem, 0)).toBeLessThanOrEqual(widthRem);
  expect(columns.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['time', 'outcome', 'latency', 'tokens']),
  );
});

test('a narrow table keeps what fits into two lines', () => {
  expect(keys(20)).toEqual(['time', 'outcome', 'latency', 'tokens', 'verdict']);
});
