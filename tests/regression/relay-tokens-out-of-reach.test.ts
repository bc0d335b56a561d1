/** A file of tokens that the disk did not let be seen ended the relay. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TokenFile } from '../../relay/tokens.ts';
import { temporaryFolder } from '../unit/relay/support/test-relay.ts';

it('nobody is let in while the tokens are out of reach, which is told once, and all are once they are back', () => {
  const folder = temporaryFolder();
  const told: unknown[] = [];
  const tokens = new TokenFile(folder, (error) => told.push(error));
  const { token } = tokens.mint('laptop', 0);
  expect(tokens.check(token, 0)).not.toBeNull();

  const path = join(folder, 'tokens.json');
  renameSync(path, `${path}.kept`);
  // To whoever may read everything, as some tests run, this is out of reach too.
  symlinkSync('tokens.json', path);
  for (const nowMs of [1_000, 2_000, 3_000]) expect(tokens.check(token, nowMs)).toBeNull();
  expect(told).toMatchObject([{ code: 'ELOOP' }]);

  rmSync(path);
  renameSync(`${path}.kept`, path);
  expect(tokens.check(token, 4_000)).toMatchObject({ name: 'laptop' });
});
