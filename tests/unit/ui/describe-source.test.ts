import { expect, it } from 'vitest';
import { browserName, describeSource } from '../../../src/ui/monitor/transfer/describe-source.ts';
import { makeSource, requests } from '../../fixtures/monitoring/metrics-source.ts';

it.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome 140 on Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge 140 on Windows',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0',
    'Firefox 141 on Linux',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
    'Safari 18 on macOS',
  ],
  ['curl/8', 'A browser'],
])('names the browser of %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});

it('counts the requests of a source', () => {
  expect(describeSource(makeSource(requests(12)))).toMatchObject({
    requestCount: 12,
    recordCount: null,
    model: 'Tiny, wasm',
  });
});
