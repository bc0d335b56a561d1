import { expect, it } from 'vitest';
import {
  MOST_PER_POST,
  priorityOf,
  testMessage,
  toMessage,
  toPosts,
} from '../../../../src/core/alerts/alert-message.ts';
import { makeAlert, MINUTE_MS, NOON_MS } from '../../../fixtures/alerts/alert-data.ts';

const CONTEXT = {
  pageUrl: 'https://shell.example/app/',
  version: '1.2.3',
  nowMs: NOON_MS + 20 * MINUTE_MS,
};

it('says what, how much, since when, and links to that view and time', () => {
  const ended = makeAlert({ state: 'resolved', endsAtMs: NOON_MS + 10 * MINUTE_MS });
  expect(toMessage(ended, CONTEXT)).toEqual({
    fingerprint: ended.fingerprint,
    ruleId: 'slow',
    state: 'resolved',
    labels: ended.labels,
    summary: ended.summary,
    value: 3,
    threshold: 2,
    unit: 'seconds',
    windowSeconds: 900,
    n: 50,
    startsAt: '2026-11-24T12:00:00.000Z',
    endsAt: '2026-11-24T12:10:00.000Z',
    link: `https://shell.example/app/#/monitor?from=${NOON_MS - 15 * MINUTE_MS}&to=${NOON_MS + 15 * MINUTE_MS}`,
    runbook: '',
  });
});

it('goes out in as many posts as it takes', () => {
  const messages = Array.from({ length: MOST_PER_POST + 1 }, () => toMessage(makeAlert(), CONTEXT));
  expect(toPosts(messages, CONTEXT).map(({ alerts }) => alerts.length)).toEqual([MOST_PER_POST, 1]);
  expect(toPosts([], CONTEXT)).toEqual([]);
});

it('is as urgent as its most severe alert; a test is below all', () => {
  const warning = toMessage(
    makeAlert({ labels: { ...makeAlert().labels, severity: 'warning' } }),
    CONTEXT,
  );
  const priorities = [
    [testMessage('browser-1', CONTEXT)],
    [warning],
    [warning, toMessage(makeAlert(), CONTEXT)],
  ].map((messages) => toPosts(messages, CONTEXT).map(priorityOf));
  expect(priorities).toEqual([[0], [2], [3]]);
});
