import { describe, expect, test } from 'vitest';
import { relayWords } from '../../../src/ui/alerts/alert-words.ts';
import { answerWords, type Receiver } from '../../../src/ui/shared/receiver-words.ts';

const RECEIVER: Receiver = {
  address: 'https://collector.example:4318/otlp',
  siteOrigin: 'https://shell.example',
  allowList: 'CORS',
  isForbidden: false,
};

describe('an answer in words', () => {
  test.each([
    [0, {}, /^No answer\. .* lets pages of https:\/\/shell\.example send to it \(CORS\)\.$/u],
    [0, { isForbidden: true }, /has to name https:\/\/collector\.example:4318 under connect-src/u],
    [0, { address: 'http://collector.example:4318' }, /can send to https:\/\/ only/u],
    [0, { address: 'http://localhost:4318' }, /^No answer\. .* \(CORS\)\.$/u],
    [0, { address: 'https://shell.example/' }, /^No answer\. See whether it runs\.$/u],
    [400, {}, /^It does not take the request: HTTP 400\.$/u],
    [401, {}, /^It does not let this browser in: HTTP 401\.$/u],
    [404, {}, /^It takes nothing at this address: HTTP 404\.$/u],
    [429, {}, /^It is asked too often: HTTP 429\.$/u],
    [503, {}, /^It cannot take anything at the moment: HTTP 503\.$/u],
  ] as const)('%i, with %j', (status, change, words) => {
    expect(answerWords(status, { ...RECEIVER, ...change })).toMatch(words);
  });
});

describe('a relay in words', () => {
  test('one of this site that does not answer, and one elsewhere that may not know this site', () => {
    expect(relayWords({ kind: 'unreachable' })).toMatch(/^The relay does not answer: alerts wait/u);
    const elsewhere = { ...RECEIVER, allowList: 'RELAY_ALLOWED_ORIGINS' };
    expect(relayWords({ kind: 'unreachable' }, elsewhere)).toMatch(
      /^No relay answers there\. .*https:\/\/shell\.example .*RELAY_ALLOWED_ORIGINS.*alerts wait here/u,
    );
  });

  test('one that refuses a token, and one that was given none', () => {
    expect(relayWords({ kind: 'token-refused' })).toContain('does not take this device’s token');
    expect(relayWords({ kind: 'token-refused' }, null, false)).toContain('asks for a token');
  });
});
