import { expect, it } from 'vitest';
import {
  matchersFor,
  matcherWords,
  parseSilence,
  silenceOf,
} from '../../../../src/core/alerts/silences.ts';
import { makeAlert, NOON_MS } from '../../../fixtures/alerts/alert-data.ts';

const { labels } = makeAlert();
const SILENCE = {
  id: 'silence-1',
  matchers: matchersFor(labels),
  createdAtMs: NOON_MS,
  untilMs: NOON_MS + 1000,
  author: 'Ada',
  comment: 'known',
};

it('mutes until its end and not after', () => {
  expect(silenceOf(labels, [SILENCE], NOON_MS + 999)).toBe(SILENCE);
  expect(silenceOf(labels, [SILENCE], NOON_MS + 1000)).toBeNull();
});

it('of several, the one that lasts longest is named', () => {
  const longer = { ...SILENCE, id: 'silence-2', untilMs: NOON_MS + 2000 };
  expect(silenceOf(labels, [SILENCE, longer], NOON_MS)).toBe(longer);
});

it('asks every matcher, and takes a label that is missing for an empty one', () => {
  const with_ = (label: string, isEqual: boolean, value: string) => ({
    ...SILENCE,
    matchers: [...SILENCE.matchers, { label, isEqual, value }],
  });
  expect(silenceOf(labels, [with_('severity', false, 'info')], NOON_MS)).not.toBeNull();
  expect(silenceOf(labels, [with_('severity', false, 'critical')], NOON_MS)).toBeNull();
  expect(silenceOf(labels, [with_('model', true, '')], NOON_MS)).not.toBeNull();
  expect(silenceOf(labels, [with_('model', true, 'x')], NOON_MS)).toBeNull();
});

it('is refused without an equal matcher, with one of no label, or where it is over', () => {
  expect(parseSilence(structuredClone(SILENCE), NOON_MS)).toEqual({ ok: true, value: SILENCE });
  const wrong: readonly [string, object][] = [
    ['matchers', { matchers: [] }],
    ['matchers', { matchers: [{ label: 'a', isEqual: false, value: '' }] }],
    ['matchers[0].label', { matchers: [{ label: '__name__', isEqual: true, value: '' }] }],
    ['untilMs', { untilMs: NOON_MS }],
    ['author', { author: 7 }],
  ];
  for (const [field, change] of wrong) {
    expect(parseSilence({ ...SILENCE, ...change }, NOON_MS)).toMatchObject({
      ok: false,
      failure: { detail: { field } },
    });
  }
});

it('says in words what it mutes', () => {
  expect(
    matcherWords([...SILENCE.matchers, { label: 'severity', isEqual: false, value: 'info' }]),
  ).toBe('alertname = "Slow answers", severity != "info"');
});
