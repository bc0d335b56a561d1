/** Brings one of our own models onto the device: its newest version, or the one that is here where that cannot be had. */
import { FailureError, failure, type Failure } from '../../contracts/failure.ts';
import type { ModelManifest } from '../../contracts/model-manifest.ts';
import { concatenate, type FileStorage } from '../files/file-storage.ts';
import { ModelFiles, type RemoteFile } from '../files/model-files.ts';
import type { LoadTracker } from '../load-tracker.ts';
import { sleep } from '../next-task.ts';
import {
  fetchManifest,
  recallManifest,
  rememberedHashes,
  type NewestManifest,
} from './fetch-manifest.ts';

/** How long a model that is on the device waits to hear of a newer one: a connection can be there and carry nothing. */
const MANIFEST_LIMIT_MS = 5_000;

export interface BroughtModel {
  readonly manifest: ModelManifest;
  readonly pack: Uint8Array<ArrayBuffer>;
  readonly tokenizer: Uint8Array<ArrayBuffer>;
  readonly graphs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly storage: FileStorage['kind'];
}

export interface BringOptions {
  /** Absolute, with a trailing slash. */
  readonly baseUrl: string;
  readonly storage: FileStorage;
  /** Bytes that can still be stored, or null where the browser does not say. */
  readonly freeBytes: () => Promise<number | null>;
  readonly tracker: LoadTracker;
  readonly signal: AbortSignal;
  /** Takes the version that is on the device, if one is, without asking for a newer one. */
  readonly prefersStored: boolean;
}

/** Throws FailureError with the failures of fetchManifest and ModelFiles. */
export async function bringModel(options: BringOptions): Promise<BroughtModel> {
  const { baseUrl, storage, tracker, signal } = options;
  const known = await recallManifest(baseUrl);
  const isHere = known !== null && (await isStored(filesOf(known, baseUrl), storage));
  if (isHere && options.prefersStored) return bringFiles(known, null, options);
  const newest = await fetchManifest(baseUrl, signal, isHere ? MANIFEST_LIMIT_MS : null);
  if (!newest.ok) {
    const isFinal = ['model/not-found', 'model/load-cancelled'].includes(newest.failure.code);
    if (known === null || isFinal) throw new FailureError(newest.failure);
    return bringFiles(known, null, options);
  }
  try {
    return await bringFiles(newest.value.manifest, newest.value, options);
  } catch (error) {
    if (!isHere || !(error instanceof FailureError) || !isIncomplete(error.failure)) throw error;
    tracker.startOver();
    return bringFiles(known, null, options);
  }
}

/** Whether files of a version could not be had. A host with the new manifest may still have the old ones, or none. */
function isIncomplete({ code }: Failure): boolean {
  return [
    'model/offline',
    'model/download-failed',
    'model/quota-exceeded',
    'model/not-found',
    'model/checksum-mismatch',
  ].includes(code);
}

async function isStored(remote: readonly RemoteFile[], storage: FileStorage): Promise<boolean> {
  for (const file of remote) {
    if ((await storage.sizeBytes(file.sha256)) !== file.sizeBytes) return false;
  }
  return true;
}

/** All graphs, small as they are: after a device loss the WASM one must be there without a network. */
function pathsOf(manifest: ModelManifest): string[] {
  return [
    manifest.tokenizer.path,
    ...Object.values(manifest.graphs).map((graph) => graph.path),
    ...manifest.pack.shards,
  ];
}

function filesOf(manifest: ModelManifest, baseUrl: string): RemoteFile[] {
  return pathsOf(manifest).map((path): RemoteFile => {
    const file = manifest.files.find((entry) => entry.path === path);
    if (file === undefined) throw new FailureError(failure('model/manifest-invalid'));
    return { url: new URL(path, baseUrl).href, sizeBytes: file.bytes, sha256: file.sha256 };
  });
}

/** @param newest null where an older version is brought, for lack of a connection. */
async function bringFiles(
  manifest: ModelManifest,
  newest: NewestManifest | null,
  options: BringOptions,
): Promise<BroughtModel> {
  const { storage, tracker } = options;
  // What is still on its way when one file fails must neither go on nor count for what is brought instead.
  const end = new AbortController();
  const signal = AbortSignal.any([options.signal, end.signal]);
  const remote = filesOf(manifest, options.baseUrl);
  tracker.expect(remote.reduce((sum, file) => sum + file.sizeBytes, 0));
  const files = new ModelFiles({
    storage,
    fetch: (input, init) => fetch(input, init),
    sleep,
    isOnline: () => navigator.onLine,
    signal,
    onProgress(progress) {
      if (end.signal.aborted) return;
      tracker.enter(progress.phase);
      tracker.add(progress.loadedDeltaBytes, progress.downloadedDeltaBytes);
    },
  });
  const contents = await withDownloadLock(options.signal, async () => {
    await refuseWithoutRoom(remote, files, options);
    const brought = await files.getAll(remote).finally(() => end.abort());
    // On a full disk the rest of the files is in memory: the version before is the one that a next visit can use.
    if (newest === null || files.storageKind === 'memory') return brought;
    // In this order: what is remembered has its files at any moment.
    if (await newest.remember()) await dropUnknown(storage);
    return brought;
  });
  const byPath = new Map(
    pathsOf(manifest).map((path, index) => [path, contents[index] as Uint8Array<ArrayBuffer>]),
  );
  const get = (path: string): Uint8Array<ArrayBuffer> =>
    byPath.get(path) as Uint8Array<ArrayBuffer>;
  return {
    manifest,
    pack: concatenate(manifest.pack.shards.map(get)),
    tokenizer: get(manifest.tokenizer.path),
    graphs: new Map(Object.values(manifest.graphs).map(({ path }) => [path, get(path)])),
    storage: files.storageKind,
  };
}

/** Files of versions that have been replaced. Other models stay, and those of other deployments on this host. */
async function dropUnknown(storage: FileStorage): Promise<void> {
  const known = await rememberedHashes();
  if (known !== null) await storage.prune(known);
}

/** Two tabs that load at once would write to the same files; the second waits, and then finds them there. */
async function withDownloadLock<T>(signal: AbortSignal, bring: () => Promise<T>): Promise<T> {
  try {
    return await navigator.locks.request('shellwright-model-files', { signal }, bring);
  } catch (error) {
    if (!(error instanceof FailureError) && signal.aborted) {
      throw new FailureError(failure('model/load-cancelled'), { cause: error });
    }
    throw error;
  }
}

/** Better to say it before 90 MB are downloaded than after. */
async function refuseWithoutRoom(
  remote: readonly RemoteFile[],
  files: ModelFiles,
  { storage, freeBytes }: BringOptions,
): Promise<void> {
  if (storage.kind === 'memory') return;
  const free = await freeBytes();
  if (free === null) return;
  const needed =
    remote.reduce((sum, file) => sum + file.sizeBytes, 0) - (await files.storedBytes(remote));
  if (needed > free) {
    throw new FailureError(
      failure('model/quota-exceeded', undefined, { neededBytes: needed, freeBytes: free }),
    );
  }
}
