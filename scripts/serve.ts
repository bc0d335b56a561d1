/**
 * Serves the built app from this machine, by the relay, which also takes its alerts (docs/relay.md). `npm start` runs
 * it; the end-to-end tests use `serveApp`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveAppFiles } from '../relay/app-files.ts';
import { ConfigError, describeConfig, readConfig } from '../relay/config.ts';
import { createLog } from '../relay/log.ts';
import { packageVersion, rootFolder } from '../relay/package-version.ts';
import { closeOnSignals, startServer } from '../relay/server.ts';

export interface ServeOptions {
  /** Folder of the built app. */
  readonly folder: string;
  /** 0 picks a free port; a port that is taken makes way for the next free one. */
  readonly port: number;
  /** `/`, or a sub-folder such as `/shellwright/`. Both slashes are needed. */
  readonly base?: string;
  /** Whether to send the headers that isolate the page. Static hosts often cannot; then there is no relay either. */
  readonly isolated?: boolean;
  /** More of the relay's configuration, as environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface AppServer {
  /** Address of the page, with a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Drops open connections, so that nothing more arrives once it resolves. */
  close(): Promise<void>;
}

/** Serves the app for a test, with a journal of its own that is gone afterwards. */
export async function serveApp(options: ServeOptions): Promise<AppServer> {
  if (options.isolated === false) return serveFilesOnly(options);
  const dataFolder = mkdtempSync(join(tmpdir(), 'shellwright-relay-'));
  const config = readConfig(
    {
      PORT: String(options.port),
      RELAY_DATA: dataFolder,
      RELAY_LOG_LEVEL: 'silent',
      // Tests have a hub of their own.
      RELAY_CONNECT_SOURCES: 'http://localhost:*,http://127.0.0.1:*',
      ...options.environment,
    },
    rootFolder,
  );
  const server = await startServer({
    config,
    log: createLog(config.logLevel),
    version: packageVersion(),
    appFolder: options.folder,
    mayMovePort: true,
    ...(options.base === undefined ? {} : { base: options.base }),
  });
  return {
    url: server.url,
    port: server.port,
    async close() {
      await server.close(0);
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** As a host does that knows nothing of the app. */
async function serveFilesOnly({ folder, port, base = '/' }: ServeOptions): Promise<AppServer> {
  const files = serveAppFiles({ folder, isolated: false });
  const server = createServer((request, response) => {
    const notFound = (): void => {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    };
    const path = request.url ?? '/';
    if (!path.startsWith(base)) return notFound();
    request.url = path.slice(base.length - 1);
    files(request, response, notFound);
  });
  const ownPort = await listen(server, port);
  return {
    url: `http://localhost:${String(ownPort)}${base}`,
    port: ownPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** @throws what `listen` reports, such as EADDRINUSE */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function start(): Promise<void> {
  const config = readConfig({ RELAY_LOG_LEVEL: 'warn', ...process.env }, rootFolder);
  const log = createLog(config.logLevel);
  const server = await startServer({
    config,
    log,
    version: packageVersion(),
    appFolder: join(rootFolder, 'dist'),
    // Somebody who only wants to see the app should not have to choose a port.
    mayMovePort: true,
  });
  if (config.port !== 0 && server.port !== config.port) {
    console.log(`Port ${String(config.port)} is taken.`);
  }
  console.log(`\n  Shellwright is at ${server.url}\n  Ctrl+C ends it.\n`);
  for (const sentence of describeConfig(config)) console.log(`  ${sentence}`);
  closeOnSignals(server, log);
}

if (import.meta.main) {
  try {
    await start();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
