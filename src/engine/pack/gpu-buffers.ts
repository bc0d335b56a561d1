/** Counts the graphics buffers of this worker. ONNX Runtime makes its own, and tells nobody how many. */

const live = new Map<GPUBuffer, number>();

/** Must run before the first device is made. Does nothing where there is no WebGPU. */
export function trackGpuBuffers(): void {
  // Typed as always there, which it is not.
  if ((globalThis as { GPUDevice?: unknown }).GPUDevice === undefined) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its device below
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.set(buffer, descriptor.size);
    return buffer;
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its buffer below
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    live.delete(this);
    return destroy.call(this);
  };
}

/** Bytes and number of buffers that were made and not destroyed. */
export function gpuBuffers(): { readonly bytes: number; readonly count: number } {
  let bytes = 0;
  for (const size of live.values()) bytes += size;
  return { bytes, count: live.size };
}

/** Forgets buffers that went away with their device. */
export function forgetGpuBuffers(): void {
  live.clear();
}
