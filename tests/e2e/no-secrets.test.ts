/** The built app knows nothing of the relay's secrets: neither what they are called nor where they lead. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appFolder } from './support/app-test.ts';

const SECRET =
  /SLACK_WEBHOOK|SMTP_|ALERT_EMAIL|ALERTMANAGER_|RELAY_|hooks\.slack\.com|process\.env/;

test('no built file names a secret of the relay', () => {
  const files = readdirSync(appFolder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && /\.(js|html|css|json|webmanifest)$/.test(entry.name),
  );
  expect(files.length).toBeGreaterThan(10);
  const found = files.filter((file) =>
    SECRET.test(readFileSync(join(file.parentPath, file.name), 'utf8')),
  );
  expect(found.map(({ name }) => name)).toEqual([]);
});
