/**
 * The graphics device that one loaded model runs on. ONNX Runtime makes it (graph capture in version 1.30 aborts on a
 * device that is handed in); here are its adapter's abilities, and the news of its loss.
 */

export interface GpuAdapter {
  readonly hasF16: boolean;
  /** Vendor, architecture and description, as far as the browser tells. */
  readonly name: string;
  /** Emulated in software. */
  readonly isFallback: boolean;
  /** Invocations that run in step; null where the browser does not tell. SwiftShader has 4, hardware 8 to 128. */
  readonly subgroupMaxSize: number | null;
}

/** Returns what the best adapter can do, or null where there is no WebGPU or no adapter. */
export async function findGpuAdapter(): Promise<GpuAdapter | null> {
  // `navigator.gpu` is typed as always there, which it is not.
  const gpu = navigator.gpu as GPU | undefined;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === undefined || adapter === null) return null;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const { subgroupMaxSize } = adapter.info as { readonly subgroupMaxSize?: number };
  return {
    hasF16: adapter.features.has('shader-f16'),
    name: [vendor, architecture, description].filter((part) => part !== '').join(' ') || 'unknown',
    isFallback: isFallbackAdapter,
    subgroupMaxSize: subgroupMaxSize ?? null,
  };
}

/** A device and whether it is still there. */
export class WatchedDevice {
  readonly device: GPUDevice;
  #lostMessage: string | null = null;
  #isClosing = false;

  /** @param onLost called once if the device is lost without `close`. */
  constructor(device: GPUDevice, onLost: (message: string) => void) {
    this.device = device;
    void device.lost.then((info) => {
      if (this.#isClosing) return;
      this.#lostMessage = info.message || info.reason;
      onLost(this.#lostMessage);
    });
  }

  /** null while the device works; then what the browser said. */
  get lostMessage(): string | null {
    return this.#lostMessage;
  }

  /** From now on the device's end is wanted. */
  expectEnd(): void {
    this.#isClosing = true;
  }
}
