/** A decoder on its own, in the test's page: token ids in, logits out, exactly as the decode loop uses it. */
import { runtimeUrls } from '../../../src/bridge/runtime-urls.ts';
import type { GraphName, ModelManifest } from '../../../src/contracts/model-manifest.ts';
import { parseManifest } from '../../../src/core/model/parse-manifest.ts';
import { expandExternalData } from '../../../src/core/weights/expand.ts';
import { concatenate } from '../../../src/engine/files/file-storage.ts';
import { createWasmSession, createWebgpuSession } from '../../../src/engine/pack/create-session.ts';
import type { Decoder } from '../../../src/engine/pack/decoder.ts';
import { findGpuAdapter, WatchedDevice } from '../../../src/engine/pack/gpu-device.ts';
import { loadRuntime, runtimeBuildFor } from '../../../src/engine/pack/onnx-runtime.ts';
import { WasmDecoder } from '../../../src/engine/pack/wasm-decoder.ts';
import { WebgpuDecoder } from '../../../src/engine/pack/webgpu-decoder.ts';
import { MODEL_URL } from './engine.ts';

async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(path, MODEL_URL));
  return new Uint8Array(await response.arrayBuffer());
}

export async function shippedManifest(): Promise<ModelManifest> {
  const text = new TextDecoder().decode(await fetchBytes('manifest.json'));
  const manifest = parseManifest(JSON.parse(text));
  if (!manifest.ok) throw new Error(manifest.failure.message);
  return manifest.value;
}

/** The decoder of one graph. WASM runs with two threads. */
export async function loadDecoder(graphName: GraphName): Promise<Decoder> {
  const manifest = await shippedManifest();
  const pack = concatenate(await Promise.all(manifest.pack.shards.map(fetchBytes)));
  const graph = manifest.graphs[graphName];
  const graphBytes = await fetchBytes(graph.path);
  const externalData = graph.externalData.map((file) => ({
    path: file.path,
    data: file.kind === 'pack' ? pack : expandExternalData(pack, manifest.pack.tensors, file),
  }));
  const backend = graphName.startsWith('wasm') ? 'wasm' : 'webgpu';
  const ort = await loadRuntime(runtimeBuildFor(backend), runtimeUrls(location.href), 2);
  const shape = manifest.architecture;
  if (backend === 'wasm') {
    return new WasmDecoder(ort, await createWasmSession(ort, graphBytes, externalData), shape);
  }
  const adapter = await findGpuAdapter();
  const created = await createWebgpuSession(ort, graphBytes, externalData);
  return new WebgpuDecoder({
    ...created,
    ort,
    shape,
    gpu: new WatchedDevice(created.device, () => {}),
    precision: graphName === 'webgpu-f16' ? 'f16' : 'f32',
    subgroupMaxSize: adapter?.subgroupMaxSize ?? null,
  });
}

/** Logits after all of the ids. */
export async function readPrompt(decoder: Decoder, ids: readonly number[]): Promise<Float32Array> {
  let logits = new Float32Array(0);
  decoder.rollback(0);
  for (let at = 0; at < ids.length; at += decoder.maxTokensPerRun) {
    logits = (await decoder.run(
      ids.slice(at, at + decoder.maxTokensPerRun),
      1,
    )) as Float32Array<ArrayBuffer>;
  }
  return logits;
}

/** Greedy tokens after a prompt; stop tokens do not end them. */
export async function greedyTokens(
  decoder: Decoder,
  ids: readonly number[],
  count: number,
): Promise<number[]> {
  const tokens: number[] = [];
  let logits = await readPrompt(decoder, ids);
  while (tokens.length < count) {
    const token = logits.reduce((best, logit, id) => (logit > (logits[best] ?? 0) ? id : best), 0);
    tokens.push(token);
    if (tokens.length < count) logits = await decoder.run([token], 1);
  }
  return tokens;
}
