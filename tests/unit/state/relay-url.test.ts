import { expect, it } from 'vitest';
import { parseRelayUrl } from '../../../src/state/relay-url.ts';

it.each([
  ['https://relay.example', 'https://relay.example/'],
  [' https://relay.example/alerts ', 'https://relay.example/alerts/'],
  ['https://relay.example/a/?x=1#y', 'https://relay.example/a/'],
  ['http://localhost:8080', 'http://localhost:8080/'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
])('takes %s', (text, url) => {
  expect(parseRelayUrl(text)).toBe(url);
});

it.each([
  [''],
  ['relay.example'],
  ['http://relay.example/'],
  ['ftp://relay.example/'],
  ['javascript:alert(1)'],
  ['https://name:password@relay.example/'],
])('refuses “%s”', (text) => {
  expect(parseRelayUrl(text)).toBeNull();
});
