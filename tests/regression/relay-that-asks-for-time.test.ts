/** A site that asked for time when it was asked for its relay counted as one without: all alerts that waited were deleted. */
import { expect, it } from 'vitest';
import { RelayLink } from '../../src/monitor/relay-link.ts';
import { MemoryAlerts } from '../../src/store/memory-alerts.ts';
import { sendOutbox } from '../../src/sw/send-outbox.ts';
import { NOON_MS } from '../fixtures/alerts/alert-data.ts';

const siteUrl = 'https://shell.example/';

it.each([408, 425, 429, 500])(
  'an answer of %i says nothing of whether there is a relay',
  async (status) => {
    const fetch = () => Promise.resolve(new Response('', { status }));
    const link = new RelayLink({ fetch, siteUrl, now: () => 0, onChange: () => {} });
    expect(await link.check()).toEqual({ kind: 'unreachable' });
    const sent = sendOutbox({
      open: () => Promise.resolve(new MemoryAlerts()),
      locks: {
        request: (_: string, __: unknown, callback: (lock: Lock) => unknown) =>
          callback({} as Lock),
      } as unknown as Pick<LockManager, 'request'>,
      fetch,
      siteUrl,
      epochNow: () => NOON_MS,
      random: () => 0.5,
      onExpired: () => Promise.resolve(),
    });
    // Then the browser tries again.
    await expect(sent).rejects.toThrow();
  },
);
