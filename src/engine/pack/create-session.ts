/** Makes ONNX Runtime's session for a graph whose weights lie outside of it. */
import type { InferenceSession } from 'onnxruntime-web';
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
): Promise<WebgpuSession> {
  const create = (capture: boolean): Promise<InferenceSession> => {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [{ name: 'webgpu', validationMode: 'disabled' }],
      externalData,
      graphOptimizationLevel: 'all',
      preferredOutputLocation: 'gpu-buffer',
    };
    return ort.InferenceSession.create(graph, capture ? withCapture(options) : options);
  };
  let session: InferenceSession;
  let isCaptured = true;
  try {
    session = await create(true);
  } catch {
    // Its only difference is speed; if the cause was another, the second try fails with it.
    session = await create(false);
    isCaptured = false;
  }
  return { session, isCaptured, device: await ort.env.webgpu.device };
}

export interface WebgpuSession {
  readonly session: InferenceSession;
  readonly isCaptured: boolean;
  readonly device: GPUDevice;
}

/**
 * ONNX Runtime 1.30 reads `enableGraphCapture` twice: first for the WebGPU provider, which we want, then for its
 * JavaScript layer, which would bind inputs once and forbid a prefill of other lengths in the same session.
 * Drop this when microsoft/onnxruntime#32456 is fixed; tests/browser/graph-capture.test.ts notices.
 */
function withCapture(options: InferenceSession.SessionOptions): InferenceSession.SessionOptions {
  let reads = 0;
  return Object.defineProperty(options, 'enableGraphCapture', {
    enumerable: true,
    get: () => (++reads === 1 ? true : undefined),
  });
}
