/** The alert of a device whose token was revoked went on firing for a day, without its device, and nobody could end it. */
import { expect, test } from 'vitest';
import { TokenFile } from '../../relay/tokens.ts';
import { startJsonReceiver } from '../fixtures/json-receiver.ts';
import { freshAlert, freshPost, sendAlerts } from '../relay/support/clients.ts';
import { startRelayHere } from '../relay/support/relay-here.ts';

interface Posted {
  readonly labels: Readonly<Record<string, string>>;
}

async function startAlertmanagerStandIn() {
  const posts: (string | undefined)[][] = [];
  const { url } = await startJsonReceiver((body) => {
    posts.push((body as Posted[]).map(({ labels }) => labels['device']).sort());
    return 200;
  });
  return { posts, url };
}

test('what fires is repeated for those whose token still counts', async () => {
  const standIn = await startAlertmanagerStandIn();
  const relay = await startRelayHere({
    ALERTMANAGER_URL: standIn.url,
    ALERTMANAGER_REPEAT_SECONDS: '1',
  });
  const tokens = new TokenFile(relay.dataFolder);
  const minted = ['kept', 'lost'].map((name) => tokens.mint(name, 0).token);
  for (const token of minted) {
    const answer = await sendAlerts(relay.url, freshPost([freshAlert()]), { token });
    expect(answer.status).toBe(202);
  }
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  const lastPost = () => standIn.posts.at(-1);
  await expect.poll(lastPost, { timeout: 5_000 }).toEqual(['kept', 'lost', undefined]);
  tokens.revoke('lost');
  await expect.poll(lastPost, { timeout: 5_000 }).toEqual(['kept', undefined]);
  const metrics = await (await fetch(`${relay.url}/metrics`)).text();
  expect(metrics).toContain('relay_firing_alerts 2\n');
}, 15_000);
