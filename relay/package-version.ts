/** The version that package.json states. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const rootFolder = join(import.meta.dirname, '..');

/** @throws Error where package.json cannot be read */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(rootFolder, 'package.json'), 'utf8'));
  const isNamed = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return isNamed && typeof parsed.version === 'string' ? parsed.version : 'unknown';
}
