import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../src/contracts/failure.ts';
import { MemoryStorage } from '../../../src/engine/files/file-storage.ts';
import { ModelFiles, type RemoteFile } from '../../../src/engine/files/model-files.ts';

const content = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 251);
const file: RemoteFile = {
  url: 'https://site.test/models/m/weights-00.bin',
  sizeBytes: content.byteLength,
  sha256: createHash('sha256').update(content).digest('hex'),
};

interface Call {
  readonly range: string | null;
}

/** A host whose answers are listed; the last one repeats. */
function host(...answers: ((range: string | null) => Response)[]) {
  const calls: Call[] = [];
  const fetchIt: typeof fetch = (_url, init) => {
    const range = new Headers(init?.headers).get('Range');
    const answer = answers[Math.min(calls.length, answers.length - 1)];
    calls.push({ range });
    if (answer === undefined) throw new TypeError('no answer');
    return Promise.resolve().then(() => answer(range));
  };
  return { calls, fetch: fetchIt };
}

const whole = (): Response => new Response(content);
const ranged = (range: string | null): Response => {
  if (range === null) return whole();
  const from = Number(/bytes=(\d+)-/.exec(range)?.[1]);
  return new Response(content.slice(from), {
    status: 206,
    headers: { 'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}` },
  });
};
/** Sends so many bytes and then breaks the connection. */
const breaksAfter =
  (bytes: number) =>
  (range: string | null): Response => {
    const from = range === null ? 0 : Number(/bytes=(\d+)-/.exec(range)?.[1]);
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'));
        else controller.enqueue(content.slice(from, from + bytes));
        sent = true;
      },
    });
    return new Response(body, {
      status: from === 0 ? 200 : 206,
      headers: from === 0 ? {} : { 'Content-Range': `bytes ${from}-9999/10000` },
    });
  };
const damaged = (): Response => {
  const bytes = content.slice();
  bytes[5_000] = 255;
  return new Response(bytes);
};
const unreachable = (): Response => {
  throw new TypeError('network error');
};

function setUp(fetchIt: typeof fetch, storage = new MemoryStorage(), online = true) {
  const progress = { loaded: 0, downloaded: 0 };
  const controller = new AbortController();
  const waits: number[] = [];
  const files = new ModelFiles({
    storage,
    fetch: fetchIt,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    isOnline: () => online,
    signal: controller.signal,
    onProgress: ({ loadedDeltaBytes, downloadedDeltaBytes }) => {
      progress.loaded += loadedDeltaBytes;
      progress.downloaded += downloadedDeltaBytes;
    },
  });
  return { files, storage, progress, controller, waits };
}

/** The code that a promise is rejected with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no failure';
  } catch (error) {
    return error instanceof FailureError ? error.code : String(error);
  }
}

describe('bringing model files onto the device', () => {
  it('downloads once, and reads from the device from then on', async () => {
    const site = host(whole);
    const { files, progress } = setUp(site.fetch);
    expect(await files.get(file)).toEqual(content);
    expect(progress).toEqual({ loaded: 10_000, downloaded: 10_000 });
    expect(await files.get(file)).toEqual(content);
    expect(site.calls).toHaveLength(1);
  });

  it('tells how much is on the device without reading it', async () => {
    const storage = new MemoryStorage();
    const { files } = setUp(host(whole).fetch, storage);
    await files.get(file);
    storage.read = () => Promise.reject(new Error('read'));
    expect(await files.storedBytes([file])).toBe(10_000);
  });

  it('goes on where a broken download stopped', async () => {
    const site = host(breaksAfter(3_000), breaksAfter(2_000), ranged);
    const { files, progress, waits } = setUp(site.fetch);
    expect(await files.get(file)).toEqual(content);
    expect(site.calls.map((call) => call.range)).toEqual([null, 'bytes=3000-', 'bytes=5000-']);
    expect(progress).toEqual({ loaded: 10_000, downloaded: 10_000 });
    expect(waits).toHaveLength(2);
  });

  it('goes on with what an earlier visit left', async () => {
    const storage = new MemoryStorage();
    const partial = await storage.openPartial(file.sha256, true);
    await partial.append(content.slice(0, 4_000));
    await partial.close();
    const site = host(ranged);
    const { files, progress } = setUp(site.fetch, storage);
    expect(await files.storedBytes([file])).toBe(4_000);
    expect(await files.get(file)).toEqual(content);
    expect(site.calls).toEqual([{ range: 'bytes=4000-' }]);
    expect(progress).toEqual({ loaded: 10_000, downloaded: 6_000 });
  });

  it('starts over when the host does not know ranges', async () => {
    const site = host(breaksAfter(3_000), whole);
    const { files, progress } = setUp(site.fetch);
    expect(await files.get(file)).toEqual(content);
    expect(progress.loaded).toBe(10_000);
  });

  it('fetches a file again that lies damaged on the device', async () => {
    const site = host(whole);
    const { files, storage, progress } = setUp(site.fetch);
    const partial = await storage.openPartial(file.sha256, true);
    await partial.append(new Uint8Array(10_000));
    await partial.close();
    await storage.complete(file.sha256);
    expect(await files.get(file)).toEqual(content);
    expect(progress.loaded).toBe(10_000);
  });

  it('fetches a file again that lies cut short on the device', async () => {
    const site = host(whole);
    const { files, storage } = setUp(site.fetch);
    const partial = await storage.openPartial(file.sha256, true);
    await partial.append(content.slice(0, 9_999));
    await partial.close();
    await storage.complete(file.sha256);
    expect(await files.get(file)).toEqual(content);
  });

  it('fetches once more what arrived damaged', async () => {
    const site = host(damaged, whole);
    const { files } = setUp(site.fetch);
    expect(await files.get(file)).toEqual(content);
    expect(site.calls).toHaveLength(2);
  });

  it('gives up on what arrives damaged twice, and keeps nothing of it', async () => {
    const site = host(damaged);
    const { files, storage } = setUp(site.fetch);
    expect(await codeOf(files.get(file))).toBe('model/checksum-mismatch');
    expect(site.calls).toHaveLength(2);
    expect(await storage.read(file.sha256)).toBeNull();
    expect(await storage.partialBytes(file.sha256)).toBe(0);
  });

  it('fails after four broken tries, keeping what has arrived', async () => {
    const site = host(breaksAfter(1_000), unreachable);
    const { files, storage, waits } = setUp(site.fetch);
    expect(await codeOf(files.get(file))).toBe('model/download-failed');
    expect(site.calls).toHaveLength(4);
    expect(waits).toHaveLength(3);
    expect(await storage.partialBytes(file.sha256)).toBe(1_000);
  });

  it('says so when there is no connection', async () => {
    const { files } = setUp(host(unreachable).fetch, new MemoryStorage(), false);
    expect(await codeOf(files.get(file))).toBe('model/offline');
  });

  it.each([
    ['a missing file', () => new Response('', { status: 404 }), 'model/not-found'],
    [
      'the index page in place of a file',
      () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }),
      'model/not-found',
    ],
    ['a refusal', () => new Response('', { status: 403 }), 'model/download-failed'],
  ])('does not try again after %s', async (_name, answer, code) => {
    const site = host(answer);
    const { files } = setUp(site.fetch);
    expect(await codeOf(files.get(file))).toBe(code);
    expect(site.calls).toHaveLength(1);
  });

  it('tries again when the host is busy', async () => {
    const site = host(() => new Response('', { status: 503 }), whole);
    const { files } = setUp(site.fetch);
    expect(await files.get(file)).toEqual(content);
  });

  it('stops when cancelled, keeping what has arrived', async () => {
    const { files, storage, controller } = setUp(
      host((range) => {
        controller.abort();
        return breaksAfter(2_000)(range);
      }).fetch,
    );
    expect(await codeOf(files.get(file))).toBe('model/load-cancelled');
    expect(await storage.partialBytes(file.sha256)).toBe(2_000);
  });

  it('goes on in memory when the storage is full', async () => {
    class FullDisk extends MemoryStorage {
      override readonly kind = 'opfs' as never;
      override async openPartial(key: string, restart: boolean) {
        const target = await super.openPartial(key, restart);
        return {
          ...target,
          append: (chunk: Uint8Array) => {
            void target.append(chunk.slice(0, 100));
            throw new DOMException('full', 'QuotaExceededError');
          },
        };
      }
    }
    const site = host(whole, ranged);
    const { files } = setUp(site.fetch, new FullDisk());
    expect(await files.get(file)).toEqual(content);
    expect(files.storageKind).toBe('memory');
    expect(site.calls.at(-1)?.range).toBe('bytes=100-');
  });

  it('returns several files in their order, three at a time at most', async () => {
    let open = 0;
    let mostOpen = 0;
    const slow: typeof fetch = async () => {
      mostOpen = Math.max(mostOpen, ++open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open -= 1;
      return whole();
    };
    const { files } = setUp(slow);
    const many = Array.from({ length: 7 }, (_, index) => ({
      ...file,
      url: `${file.url}?${index}`,
    }));
    const results = await files.getAll(many);
    expect(results).toHaveLength(7);
    expect(mostOpen).toBeLessThanOrEqual(3);
  });
});
