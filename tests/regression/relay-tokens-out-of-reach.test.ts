/**
 * A file of tokens that the disk did not let be seen ended the relay; later it had every device refused for good, such as
 * when the superuser had minted a token.
 */
import { chownSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { TokenFile } from '../../relay/tokens.ts';
import { alertPost } from '../fixtures/alert-post.ts';
import { startTestRelay, temporaryFolder } from '../unit/relay/support/test-relay.ts';

/** To whoever may read everything, as some tests run, it is out of reach too. Returns what brings it back. */
function putOutOfReach(folder: string): () => void {
  const path = join(folder, 'tokens.json');
  renameSync(path, `${path}.kept`);
  symlinkSync('tokens.json', path);
  return () => {
    rmSync(path);
    renameSync(`${path}.kept`, path);
  };
}

it('nobody is let in while the tokens are out of reach, which is told once, and all are once they are back', () => {
  const folder = temporaryFolder();
  const told: unknown[] = [];
  const tokens = new TokenFile(folder, (error) => told.push(error));
  const { token } = tokens.mint('laptop', 0);
  expect(tokens.check(token, 0)).not.toBeNull();

  const bringBack = putOutOfReach(folder);
  for (const nowMs of [1_000, 2_000, 3_000]) expect(tokens.check(token, nowMs)).toBeNull();
  expect(told).toMatchObject([{ code: 'ELOOP' }]);

  bringBack();
  expect(tokens.check(token, 4_000)).toMatchObject({ name: 'laptop' });
});

it('a device is told to come back meanwhile, and who shows no token is answered as ever', async () => {
  const relay = await startTestRelay();
  const { token } = relay.tokens.mint('laptop', 0);
  const post = (bearer: string) =>
    relay.postAlerts(alertPost(), { headers: { authorization: `Bearer ${bearer}` } });
  expect((await post(token)).statusCode).toBe(202);

  const bringBack = putOutOfReach(relay.folder);
  await relay.clock.advance(1_000);
  const answer = await post(token);
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'relay/tokens-unreadable' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect((await post('no-token-at-all')).statusCode).toBe(401);
  expect((await relay.postAlerts(alertPost())).statusCode).toBe(202);
  const headers = { authorization: `Bearer ${token}` };
  expect((await relay.request({ url: '/health', headers })).statusCode).toBe(200);

  bringBack();
  await relay.clock.advance(1_000);
  expect((await post(token)).statusCode).toBe(202);
});

// Only the superuser can give files away.
test.skipIf(process.getuid?.() !== 0)(
  'what the superuser mints or revokes stays the file of whom it was of, or of the folder’s owner',
  () => {
    const folder = temporaryFolder();
    const path = join(folder, 'tokens.json');
    const owner = (): readonly number[] => [statSync(path).uid, statSync(path).gid];
    chownSync(folder, 4_321, 4_322);
    new TokenFile(folder).mint('laptop', 0);
    expect(owner()).toEqual([4_321, 4_322]);

    chownSync(path, 1_234, 1_235);
    new TokenFile(folder).mint('phone', 0);
    expect(owner()).toEqual([1_234, 1_235]);
    new TokenFile(folder).revoke('phone');
    expect(owner()).toEqual([1_234, 1_235]);
  },
);
