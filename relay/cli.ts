/**
 * `npm run relay` serves; `npm run relay -- token mint NAME`, `token list` and `token revoke NAME` manage the tokens of
 * devices. docs/relay.md has the configuration.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, describeConfig, readConfig, type RelayConfig } from './config.ts';
import { createLog } from './log.ts';
import { packageVersion, rootFolder } from './package-version.ts';
import { closeOnSignals, startServer } from './server.ts';
import { TOKEN_NAME, TokenFile } from './tokens.ts';

const USAGE = `Usage:
  npm run relay                          serve, as the environment says (docs/relay.md)
  npm run relay -- token mint NAME       a new token for a device; it is shown once
  npm run relay -- token list            ids and names of all tokens
  npm run relay -- token revoke NAME|ID  the token ends within a second`;

async function serve(config: RelayConfig): Promise<void> {
  const log = createLog(config.logLevel);
  const folder = join(rootFolder, 'dist');
  const server = await startServer({
    config,
    log,
    version: packageVersion(),
    appFolder: existsSync(join(folder, 'index.html')) ? folder : null,
    mayMovePort: false,
  });
  closeOnSignals(server, log);
  for (const sentence of describeConfig(config)) log.info(sentence);
  log.info({ port: server.port }, 'Listening');
}

function manageTokens(
  tokens: TokenFile,
  action: string | undefined,
  name: string | undefined,
): void {
  if (action === 'list') {
    for (const { id, name: device, createdAt } of tokens.list()) {
      console.log(`${id}  ${createdAt}  ${device}`);
    }
    return;
  }
  if (action === 'mint' && name !== undefined && TOKEN_NAME.test(name)) {
    console.log(tokens.mint(name, Date.now()).token);
    console.error('This is the only time that it is shown: only its hash is kept.');
    return;
  }
  if (action === 'revoke' && name !== undefined) {
    const revoked = tokens.revoke(name);
    for (const { id, name: device } of revoked) console.log(`Revoked ${id}  ${device}`);
    if (revoked.length === 0) fail('There is no such token.');
    return;
  }
  fail(USAGE);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

const [command, action, name] = process.argv.slice(2);
try {
  const config = readConfig(process.env, rootFolder);
  if (command === undefined) await serve(config);
  else if (command === 'token') manageTokens(new TokenFile(config.tokensFolder), action, name);
  else fail(USAGE);
} catch (error) {
  // Messages of other errors may hold what is configured.
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  fail(error instanceof ConfigError ? error.message : `The relay could not start${code}.`);
  if (!(error instanceof ConfigError) && error instanceof Error && !('code' in error))
    fail(error.message);
}
