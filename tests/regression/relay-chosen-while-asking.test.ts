/** A relay or a token that was chosen while the one before was being asked was itself never asked. */
import { expect, it } from 'vitest';
import { RelayLink } from '../../src/monitor/relay-link.ts';

it('a relay is asked with its new token while the answer to the old one is still on its way', async () => {
  const answers: ((response: Response) => void)[] = [];
  const tokens: (string | null)[] = [];
  const link = new RelayLink({
    fetch: (_, init) => {
      tokens.push(new Headers(init.headers).get('Authorization'));
      return new Promise((resolve) => answers.push(resolve));
    },
    siteUrl: 'https://example.org/',
    now: () => 0,
    onChange: () => {},
  });
  link.use({ url: 'https://relay.example/', token: 'old' });
  const before = link.check();
  link.use({ url: 'https://relay.example/', token: 'new' });
  const after = link.check();
  expect(tokens).toEqual(['Bearer old', 'Bearer new']);
  answers[0]?.(new Response('{}', { status: 401 }));
  expect(await before).toEqual({ kind: 'unknown' });
  const destinations = { version: '1', routes: { default: ['slack'] } };
  answers[1]?.(Response.json(destinations));
  expect(await after).toMatchObject({ kind: 'present', sinks: ['slack'] });
  expect(link.state).toMatchObject({ kind: 'present' });
});
