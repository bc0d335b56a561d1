/** `npm start` printed an address that led to another program, which had the same port of `localhost` by IPv6. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../relay/config.ts';
import { createLog } from '../../relay/log.ts';
import { startServer } from '../../relay/server.ts';
import { temporaryFolder } from '../unit/relay/support/test-relay.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

async function listenAt(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

/** A port that another program has on [::1], and nobody on 127.0.0.1. */
async function portOfAnother(): Promise<number> {
  const other = await listenAt('127.0.0.1', 0);
  const { port } = other.address() as AddressInfo;
  await listenAt('::1', port);
  other.close();
  await once(other, 'close');
  return port;
}

async function startAt(port: number, mayMovePort: boolean) {
  const logged: string[] = [];
  const server = await startServer({
    config: readConfig({ PORT: String(port), RELAY_DATA: temporaryFolder() }, '/'),
    log: createLog('warn', { write: (line) => void logged.push(line) }),
    version: '0.1.0',
    appFolder: null,
    mayMovePort,
  });
  onTestFinished(() => server.close(0));
  return { server, log: logged.join('') };
}

test.skipIf(!hasIpv6)('a port of localhost that another program has by IPv6 is taken', async () => {
  const port = await portOfAnother();
  const { server, log } = await startAt(port, true);
  expect(server.port).toBeGreaterThan(port);
  expect(log).toBe('');
});

test.skipIf(!hasIpv6)('where the port was chosen, that is said', async () => {
  const port = await portOfAnother();
  const { server, log } = await startAt(port, false);
  expect(server.port).toBe(port);
  expect(log).toContain('localhost may lead there');
});
