/**
 * Keeps two relays from writing to one folder. The lock is a socket that the operating system lets go of with its
 * process, however that ends.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface InstanceLock {
  release(): void;
}

/** null where another process has the folder. The folder is made where it is missing. */
export async function lockFolder(folder: string): Promise<InstanceLock | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = socketPath(folder);
  const server = (await listen(path)) ?? (await listenInsteadOfTheDead(path));
  if (server === null) return null;
  server.unref();
  return {
    release() {
      server.close();
    },
  };
}

/** Not in the folder itself: a socket's path has to be short. */
function socketPath(folder: string): string {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16);
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\shellwright-relay-${name}`
    : join(tmpdir(), `shellwright-relay-${name}.sock`);
}

/** A killed process leaves the name of its socket behind, and nobody answers there. */
async function listenInsteadOfTheDead(path: string): Promise<Server | null> {
  if (await answers(path)) return null;
  rmSync(path, { force: true });
  return listen(path);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(path, () => {
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
