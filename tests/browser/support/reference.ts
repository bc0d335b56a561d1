/** What the Python reference says (tests/fixtures/model/, made by `python -m shellwright_model fixtures`). */
import generation from '../../fixtures/model/generation.json';
import logitsUrl from '../../fixtures/model/logits.bin?url';
import { shippedManifest } from './decoder.ts';

export interface ReferenceCase {
  readonly prompt: string;
  readonly ids: readonly number[];
  /** 64 greedy tokens. */
  readonly tokens: readonly number[];
}

/** @throws if the fixtures were made from other weights than those that are shipped */
export async function referenceCases(): Promise<readonly ReferenceCase[]> {
  const manifest = await shippedManifest();
  const first = manifest.files.find((file) => file.path === manifest.pack.shards[0]);
  if (first?.sha256 !== generation.firstShardSha256) {
    throw new Error('tests/fixtures/model is of another model: run the fixtures command again');
  }
  return generation.cases;
}

/** Logits after the ids of the first four cases. */
export async function referenceLogits(): Promise<Float32Array[]> {
  const all = new Float32Array(await (await fetch(logitsUrl)).arrayBuffer());
  const vocabulary = (await shippedManifest()).architecture.vocabSize;
  return Array.from({ length: all.length / vocabulary }, (_, index) =>
    all.subarray(index * vocabulary, (index + 1) * vocabulary),
  );
}
