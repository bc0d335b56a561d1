/**
 * How Node runs the relay. The script `relay` of package.json says it, for `npm start` too: the flags keep its memory
 * level (docs/relay.md).
 * Plain JavaScript: `npm start` runs it on the system's Node.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

/** Node's parameters of `npm run relay`: its flags, and the file that it runs. */
export function relayParameters() {
  const { scripts } = /** @type {{ scripts: Record<string, string> }} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  );
  const [command, ...parameters] = (scripts['relay'] ?? '').split(' ');
  if (command !== 'node') throw new Error('package.json: the script "relay" does not run Node');
  return parameters;
}

/** Those of them that are for Node itself. */
export function relayFlags() {
  return relayParameters().filter((parameter) => parameter.startsWith('--'));
}
