/** Decides what runs a model, and says why: WebGPU on real graphics hardware, else WASM. */
import type { LoadOptions } from '../../contracts/engine.ts';
import { failure, type Result } from '../../contracts/failure.ts';
import type { Precision } from '../../contracts/generation.ts';
import { findGpuAdapter, type GpuAdapter } from './gpu-device.ts';
import { defaultThreads } from './onnx-runtime.ts';

export type BackendPlan =
  | {
      readonly backend: 'webgpu';
      readonly precision: 'f16' | 'f32';
      readonly adapter: GpuAdapter;
      readonly reason: string;
    }
  | {
      readonly backend: 'wasm';
      readonly precision: 'f32' | 'int8';
      readonly threads: number;
      readonly reason: string;
    };

/** Under this much device memory, in GiB as the browser tells it, WASM runs int8: a quarter of fp32. */
const LOW_MEMORY_GIB = 4;

/**
 * Returns what to run on, or `engine/backend-unavailable` where the choice cannot be had.
 * @param isRecovery after a lost graphics device; WASM then is not what was chosen, but what is left (engine.ts)
 */
export async function chooseBackend(
  options: Pick<LoadOptions, 'backend' | 'precision' | 'threads'>,
  isRecovery: boolean,
): Promise<Result<BackendPlan>> {
  if (options.backend === 'wasm') {
    const reason = isRecovery ? 'The graphics device was lost twice.' : 'You chose WASM.';
    return planWasm(options, reason);
  }
  const adapter = await findGpuAdapter().catch(() => null);
  if (adapter === null) {
    return options.backend === 'webgpu'
      ? unavailable('This browser offers no WebGPU adapter.')
      : planWasm(options, 'This browser offers no WebGPU adapter.');
  }
  if (options.backend === 'auto' && adapter.isFallback) {
    return planWasm(options, 'The graphics adapter is emulated in software, which is slower.');
  }
  const precision = options.precision ?? (adapter.hasF16 ? 'f16' : 'f32');
  if (precision === 'int8' || (precision === 'f16' && !adapter.hasF16)) {
    return unavailable(`This graphics adapter cannot compute in ${precision}.`);
  }
  const reason =
    options.backend === 'webgpu' ? 'You chose WebGPU.' : 'A graphics adapter is there.';
  return { ok: true, value: { backend: 'webgpu', precision, adapter, reason } };
}

/** The plan for WASM, also after WebGPU has failed. */
export function planWasm(
  options: Pick<LoadOptions, 'precision' | 'threads'>,
  reason: string,
): Result<BackendPlan> {
  const threads = options.threads ?? defaultThreads();
  if (threads > 1 && !crossOriginIsolated) {
    return unavailable('WASM threads need a cross-origin isolated page.');
  }
  const precision = options.precision === 'f16' ? 'f32' : (options.precision ?? wasmPrecision());
  return { ok: true, value: { backend: 'wasm', precision, threads, reason } };
}

function wasmPrecision(): Precision & ('f32' | 'int8') {
  // Chrome and Edge tell; elsewhere nothing is known, and fp32 is faster.
  const { deviceMemory } = navigator as Navigator & { readonly deviceMemory?: number };
  return deviceMemory !== undefined && deviceMemory < LOW_MEMORY_GIB ? 'int8' : 'f32';
}

function unavailable(message: string): Result<never> {
  return { ok: false, failure: failure('engine/backend-unavailable', message) };
}
