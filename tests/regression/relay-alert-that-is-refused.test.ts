/** One alert that Alertmanager refuses ended the firing alerts of everybody: all that was repeated with it was refused. */
import { expect, test } from 'vitest';
import type { FiringAlert } from '../../relay/alert-state.ts';
import { AlertmanagerSink } from '../../relay/sinks/alertmanager.ts';
import { alertMessage, fingerprintOf } from '../fixtures/alert-post.ts';
import { startJsonReceiver } from '../fixtures/json-receiver.ts';

interface Posted {
  readonly labels: Readonly<Record<string, string>>;
}

const BAD = 'refused';

/** Takes no list that has a bad alert in it, as Alertmanager does where it cannot read one. */
async function startPicky(statusOf: (names: readonly string[]) => number) {
  const posts: { readonly names: readonly string[]; readonly status: number }[] = [];
  const { url } = await startJsonReceiver((body) => {
    const names = (body as Posted[]).map(({ labels }) => labels['alertname'] ?? '');
    const status = statusOf(names);
    posts.push({ names, status });
    return status;
  });
  return { posts, url };
}

function firingAlerts(names: readonly string[]): readonly FiringAlert[] {
  return names.map((alertname, index) => ({
    client: 'same-origin',
    alert: alertMessage({
      fingerprint: fingerprintOf(index),
      labels: { alertname, severity: 'info' },
    }),
    atMs: 0,
  }));
}

function sinkFor(url: string, firing: readonly FiringAlert[]) {
  const leftOut: [alerts: number, answer: string][] = [];
  const sink = new AlertmanagerSink({
    urls: [url],
    authorization: null,
    epochNow: () => 0,
    firing: () => firing,
    deviceName: () => null,
    onLeftOut: (...told) => leftOut.push(told),
  });
  return { sink, leftOut };
}

test('what is refused alone is left out, and everything else is repeated', async () => {
  const picky = await startPicky((names) => (names.includes(BAD) ? 400 : 200));
  const names = Array.from({ length: 2_500 }, (_, n) => (n === 3 || n === 700 ? BAD : `a${n}`));
  const { sink, leftOut } = sinkFor(picky.url, firingAlerts(names));
  await sink.upkeep.run();
  const taken = picky.posts.filter(({ status }) => status === 200).flatMap((post) => post.names);
  expect(new Set(taken)).toEqual(new Set(names.filter((name) => name !== BAD)));
  expect(taken).toHaveLength(2_498);
  expect(leftOut).toEqual([[2, 'HTTP 400']]);

  picky.posts.length = 0;
  await sink.upkeep.run();
  expect(picky.posts.map((post) => post.names.length)).toEqual([1_000, 1_000, 498]);
  expect(leftOut).toHaveLength(1);
});

test('where nothing at all is taken, no alert is to blame', async () => {
  const picky = await startPicky(() => 403);
  const { sink, leftOut } = sinkFor(picky.url, firingAlerts(['a', 'b', 'c']));
  await sink.upkeep.run();
  expect(picky.posts.map((post) => post.names.length)).toEqual([3, 0]);
  expect(leftOut).toEqual([]);
});
