/** A journal's file for tests: on the disk, but written at once, and broken on demand. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { AppendFile } from '../../../../relay/journal.ts';

export class TestDisk {
  /** Bytes that still fit; writes beyond them fail half-way, as a full disk does. */
  roomBytes = Infinity;
  syncs = 0;
  failsToSync = false;
  /** While it is set, syncs wait for it. */
  hold: Promise<void> | null = null;

  readonly open = (path: string): Promise<AppendFile> => {
    const file = openSync(path, 'a');
    return Promise.resolve({
      write: (bytes: Buffer) => {
        const fitting = Math.min(bytes.length, this.roomBytes);
        if (fitting === 0) return Promise.reject(noSpace());
        const bytesWritten = writeSync(file, bytes, 0, fitting);
        this.roomBytes -= bytesWritten;
        return Promise.resolve({ bytesWritten });
      },
      datasync: async () => {
        this.syncs += 1;
        await this.hold;
        if (this.failsToSync) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      },
      truncate: (sizeBytes: number) => Promise.resolve(ftruncateSync(file, sizeBytes)),
      close: () => Promise.resolve(closeSync(file)),
    });
  };
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}
