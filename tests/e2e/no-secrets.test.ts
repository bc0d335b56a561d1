/** The built app knows nothing of the relay's secrets: neither what they are called nor where they lead. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appFolder } from './support/app-test.ts';

/** The two that the settings ask for are lists of sites, which browsers are told anyway. */
const SECRET =
  /SLACK_WEBHOOK|SMTP_|ALERT_EMAIL|ALERTMANAGER_|RELAY_(?!ALLOWED_ORIGINS|CONNECT_SOURCES)|hooks\.slack\.com|process\.env/;

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
