import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../../src/contracts/alert-record.ts';
import { RelayLink } from '../../../src/monitor/relay-link.ts';
import { alertPost } from '../../fixtures/alert-post.ts';
import { FakeRelay } from '../../fixtures/alerts/fake-relay.ts';

function setUp() {
  const relay = new FakeRelay();
  const clock = { nowMs: 0 };
  let changes = 0;
  const link = new RelayLink({
    fetch: relay.fetch,
    siteUrl: 'https://shell.example/app/',
    now: () => clock.nowMs,
    onChange: () => (changes += 1),
  });
  return { relay, clock, link, changes: () => changes };
}

describe('whether there is a relay', () => {
  it('is asked of the site that the page comes from, beside the page', async () => {
    const { relay, link } = setUp();
    expect(await link.check()).toEqual({ kind: 'present', version: '1.0.0', sinks: ['slack'] });
    expect(relay.asked).toEqual(['/app/v1/destinations']);
  });

  it('is not asked again while the answer is fresh, and not twice at once', async () => {
    const { relay, link, clock } = setUp();
    await Promise.all([link.check(), link.check()]);
    clock.nowMs = 599_999;
    await link.check();
    expect(relay.asked).toHaveLength(1);
    await link.check(true);
    clock.nowMs += 600_000;
    await link.check();
    expect(relay.asked).toHaveLength(3);
  });

  it('is no where the site answers as something else', async () => {
    const { relay, link } = setUp();
    relay.sinks = null;
    expect(await link.check()).toEqual({ kind: 'absent' });
  });

  it('is open where nobody answers: then there may be one', async () => {
    const { relay, link } = setUp();
    relay.isReachable = false;
    expect(await link.check()).toEqual({ kind: 'unreachable' });
  });

  it('is open for one that somebody has set, whatever answers there', async () => {
    const { relay, link } = setUp();
    relay.sinks = null;
    link.use({ url: 'https://relay.example/', token: '' });
    expect(await link.check()).toEqual({ kind: 'unreachable' });
    expect(relay.asked).toEqual(['/v1/destinations']);
  });

  it('is yes, but not for this device, where its token is refused', async () => {
    const { relay, link } = setUp();
    relay.destinationsStatus = 401;
    expect(await link.check()).toEqual({ kind: 'token-refused' });
  });

  it('is asked anew when another relay is chosen, and told when it has changed', async () => {
    const { link, changes } = setUp();
    await link.check();
    expect(changes()).toBe(1);
    await link.check(true);
    expect(changes()).toBe(1);
    link.use({ url: 'https://relay.example/', token: '' });
    expect(link.state).toEqual({ kind: 'unknown' });
    expect(changes()).toBe(2);
  });
});

describe('what comes of a post', () => {
  const ENTRY: OutboxEntry = {
    id: 'entry-0001',
    priority: 3,
    createdAtMs: 0,
    sizeBytes: 400,
    post: alertPost(),
    attempts: 0,
    dueAtMs: 0,
    leasedUntilMs: 0,
  };

  it('tells of a relay that went away, one that refuses a token, and one that is back', async () => {
    const { relay, link } = setUp();
    await link.check();
    relay.isReachable = false;
    await link.post(ENTRY);
    await expect.poll(() => link.state).toEqual({ kind: 'unreachable' });
    relay.isReachable = true;
    await link.post(ENTRY);
    await expect.poll(() => link.state).toMatchObject({ kind: 'present' });
    relay.mood = 401;
    relay.destinationsStatus = 401;
    await link.post(ENTRY);
    await expect.poll(() => link.state).toEqual({ kind: 'token-refused' });
  });

  it('asks nothing while it is as the relay said, nor where the relay is only busy', async () => {
    const { relay, link } = setUp();
    await link.check();
    for (const mood of [202, 429, 503, 400]) {
      relay.mood = mood;
      await link.post(ENTRY);
    }
    expect(relay.asked.filter((path) => path.endsWith('/v1/destinations'))).toHaveLength(1);
  });

  it('is no news of the relay where it says that all is well', async () => {
    const { relay, link } = setUp();
    await link.check();
    relay.mood = 'away';
    await link.post(ENTRY);
    await expect.poll(() => relay.asked.length).toBe(3);
    expect(link.state).toMatchObject({ kind: 'present' });
  });
});

it('what a relay says of sinks that this version does not know is left out', async () => {
  const { relay, link } = setUp();
  relay.sinks = ['slack', 'pigeon'];
  expect(await link.check()).toMatchObject({ sinks: ['slack'] });
});

it('deliveries of a relay that does not tell are none', async () => {
  const { link } = setUp();
  expect(await link.deliveries(7)).toBeNull();
});
