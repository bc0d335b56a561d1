import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TokenFile } from '../../../relay/tokens.ts';
import { temporaryFolder } from './support/test-relay.ts';

test('a minted token is known by its name, and nobody can read it from the disk', () => {
  const folder = temporaryFolder();
  const { token, info } = new TokenFile(folder).mint('laptop', 0);
  expect(new TokenFile(folder).check(token, 0)).toMatchObject({ id: info.id, name: 'laptop' });
  const path = join(folder, 'tokens.json');
  expect(readFileSync(path, 'utf8')).not.toContain(token.slice(17));
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('the running relay learns of a revoked token within a second', () => {
  const folder = temporaryFolder();
  const running = new TokenFile(folder);
  const operator = new TokenFile(folder);
  const { token } = operator.mint('laptop', 0);
  expect(running.check(token, 0)).not.toBeNull();
  expect(operator.revoke('laptop').map(({ name }) => name)).toEqual(['laptop']);
  expect(running.check(token, 1_000)).toBeNull();
});

test('the running relay takes a token at once that was just minted', () => {
  const folder = temporaryFolder();
  const running = new TokenFile(folder);
  const operator = new TokenFile(folder);
  const before = operator.mint('laptop', 0).token;
  expect(running.check(before, 0)).not.toBeNull();
  expect(running.check(operator.mint('phone', 0).token, 1)).not.toBeNull();
});

test('a token with another’s id or secret is none', () => {
  const tokens = new TokenFile(temporaryFolder());
  const [one = '', two = ''] = ['one', 'two'].map((name) => tokens.mint(name, 0).token);
  expect(tokens.check(one.slice(0, 17) + two.slice(17), 0)).toBeNull();
  expect(tokens.check(one.slice(0, 17) + one.slice(17), 0)).not.toBeNull();
});

test('a damaged file lets nobody in', () => {
  const folder = temporaryFolder();
  const tokens = new TokenFile(folder);
  const { token } = tokens.mint('laptop', 0);
  writeFileSync(join(folder, 'tokens.json'), '[{"id":');
  expect(tokens.check(token, 5_000)).toBeNull();
});
