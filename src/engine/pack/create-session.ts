/** Makes ONNX Runtime's session for a graph whose weights lie outside of it. */
import type { InferenceSession } from 'onnxruntime-web';
import type { GpuDevice } from './gpu-device.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

export interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

export function createWasmSession(
  ort: OnnxRuntime,
  graph: Uint8Array,
  externalData: readonly ExternalFile[],
): Promise<InferenceSession> {
  return ort.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    externalData,
    graphOptimizationLevel: 'all',
  });
}

/**
 * Makes a session that records its single-token run once and replays it. Where that is not possible (a node that has to
 * run on the CPU), one that does not.
 */
export async function createWebgpuSession(
  ort: OnnxRuntime,
  graph: Uint8Array,
  externalData: readonly ExternalFile[],
  gpu: GpuDevice,
): Promise<{ readonly session: InferenceSession; readonly isCaptured: boolean }> {
  const create = (capture: boolean): Promise<InferenceSession> =>
    ort.InferenceSession.create(graph, {
      executionProviders: [{ name: 'webgpu', device: gpu.device, validationMode: 'disabled' }],
      externalData,
      graphOptimizationLevel: 'all',
      preferredOutputLocation: 'gpu-buffer',
      ...(capture ? captureOption() : {}),
    });
  try {
    return { session: await create(false), isCaptured: false };
  } catch (error) {
    if (gpu.lostMessage() !== null) throw error;
    return { session: await create(false), isCaptured: false };
  }
}

/**
 * ONNX Runtime 1.30 reads `enableGraphCapture` twice: first for the WebGPU provider, which we want, then for its
 * JavaScript layer, which would bind inputs once and forbid a prefill of other lengths in the same session.
 * Drop this when microsoft/onnxruntime#32456 is fixed; tests/browser/graph-capture.test.ts notices.
 */
function captureOption(): InferenceSession.SessionOptions {
  let reads = 0;
  const options = {
    get enableGraphCapture(): boolean | undefined {
      reads += 1;
      return reads === 1 ? true : undefined;
    },
  };
  return options as InferenceSession.SessionOptions;
}
