/** The graphics device that one loaded model owns: what it can do, what it holds, and when it is lost. */

export interface GpuDevice {
  readonly device: GPUDevice;
  readonly hasF16: boolean;
  /** Vendor, architecture and description, as far as the browser tells. */
  readonly adapterName: string;
  readonly isFallback: boolean;
  /** null while the device works; then what the browser said. */
  lostMessage(): string | null;
  /** Bytes and number of buffers that exist on the device, whoever made them. */
  buffers(): { readonly bytes: number; readonly count: number };
  /** Ends the device without this counting as a loss. */
  destroy(): void;
}

/**
 * Requests an adapter and a device with everything the graphs can use.
 * @param onLost called once if the device is lost for any reason but `destroy`.
 * @returns null where there is no WebGPU or no adapter.
 */
export async function requestGpuDevice(
  onLost: (message: string) => void,
): Promise<GpuDevice | null> {
  // `navigator.gpu` is typed as always there, which it is not.
  const gpu = navigator.gpu as GPU | undefined;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === undefined || adapter === null) return null;
  const wanted: GPUFeatureName[] = ['shader-f16', 'subgroups'];
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupSizeY: adapter.limits.maxComputeWorkgroupSizeY,
      maxComputeWorkgroupSizeZ: adapter.limits.maxComputeWorkgroupSizeZ,
    },
  });
  const buffers = countBuffers(device);
  let lost: string | null = null;
  let isClosing = false;
  void device.lost.then((info) => {
    if (isClosing) return;
    lost = info.message || info.reason;
    onLost(lost);
  });
  const { vendor, architecture, description } = adapter.info;
  return {
    device,
    hasF16: device.features.has('shader-f16'),
    adapterName:
      [vendor, architecture, description].filter((part) => part !== '').join(' ') || 'unknown',
    isFallback: adapter.info.isFallbackAdapter,
    lostMessage: () => lost,
    buffers,
    destroy() {
      isClosing = true;
      device.destroy();
    },
  };
}

/** ONNX Runtime makes its buffers through this same device, so counting here sees them all. */
function countBuffers(device: GPUDevice): GpuDevice['buffers'] {
  let bytes = 0;
  let count = 0;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    bytes += descriptor.size;
    count += 1;
    const destroy = buffer.destroy.bind(buffer);
    let isDestroyed = false;
    buffer.destroy = () => {
      if (!isDestroyed) {
        isDestroyed = true;
        bytes -= descriptor.size;
        count -= 1;
      }
      return destroy();
    };
    return buffer;
  };
  return () => ({ bytes, count });
}
