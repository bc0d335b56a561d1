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

/** Of a socket's path, in bytes; some systems allow a few more. */
const MAX_PATH_BYTES = 100;
/** What a socket says whose process is no more. Any other error may come from one that lives, such as that of another user. */
const SIGNS_OF_DEATH = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);

/** null where another process has the folder. The folder is made where it is missing. */
export async function lockFolder(folder: string): Promise<InstanceLock | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const server = await take(realpathSync(folder));
  if (server === null) return null;
  server.unref();
  return {
    release() {
      server.close();
    },
  };
}

/** In the folder itself if possible: processes that share it may each have a folder for temporary files of their own. */
async function take(folder: string): Promise<Server | null> {
  const path = join(folder, 'relay.sock');
  const isWindows = process.platform === 'win32';
  if (!isWindows && Buffer.byteLength(path) <= MAX_PATH_BYTES) {
    try {
      return await takeAt(path);
    } catch {
      // Some disks, such as those that a virtual machine shares with its host, hold no sockets.
    }
  }
  const name = `shellwright-relay-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  return takeAt(isWindows ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`));
}

async function takeAt(path: string): Promise<Server | null> {
  return (await listen(path)) ?? (await listenInsteadOfTheDead(path));
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
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      resolve(!SIGNS_OF_DEATH.has(code));
    });
  });
}
