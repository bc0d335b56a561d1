import { expect, test } from 'vitest';
import { formatRequestQuery, parseRequestQuery } from '../../../src/state/request-query.ts';

const roundTrip = (query: string): string =>
  formatRequestQuery(parseRequestQuery(new URLSearchParams(query))).toString();

test.each([
  '',
  'id=a-1&outcome=error',
  'window=24h&model=onnx-community%2Fx&backend=wasm&verdict=invalid&q=two+words&sort=-latency',
  'from=1700000000000&to=1700000060000&latencyFrom=0.5&latencyTo=0.5946035575013605&sort=time',
])('%j comes back as it was', (query) => {
  expect(roundTrip(query)).toBe(query);
});

test.each([
  'outcome=exploded&verdict=maybe&window=2h',
  'sort=-nothing',
  'from=5&to=4',
  'from=a&to=9',
  'from=1',
  'latencyFrom=2&latencyTo=1',
  'from=99999999999999999&to=999999999999999999',
])('what is not valid in %j is ignored', (query) => {
  expect(roundTrip(query)).toBe('');
});
