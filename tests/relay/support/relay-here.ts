/** A relay in this process, with a real port, disk and clock: quicker to start than one of its own. */
import { onTestFinished } from 'vitest';
import { readConfig } from '../../../relay/config.ts';
import { createLog } from '../../../relay/log.ts';
import { startServer, type RelayServer } from '../../../relay/server.ts';
import { temporaryFolder } from './processes.ts';

export interface RelayHere {
  /** Without a trailing slash. */
  readonly url: string;
  readonly dataFolder: string;
  close(): Promise<void>;
}

export async function startRelayHere(
  environment: Readonly<Record<string, string>>,
): Promise<RelayHere> {
  const config = readConfig({ PORT: '0', RELAY_DATA: temporaryFolder(), ...environment }, '/');
  const server: RelayServer = await startServer({
    config,
    log: createLog('silent'),
    version: '0.1.0',
    appFolder: null,
    mayMovePort: false,
  });
  const close = (): Promise<void> => server.close(0);
  onTestFinished(close);
  return { url: `http://localhost:${server.port}`, dataFolder: server.dataFolder, close };
}
