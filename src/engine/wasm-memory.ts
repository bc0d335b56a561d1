/** How much WASM memory this worker holds. No runtime tells, so the memories are noted as they are made. */

const memories = new Set<WeakRef<WebAssembly.Memory>>();

/** Must run before the first WASM module is made. */
export function trackWasmMemory(): void {
  const Original = WebAssembly.Memory;
  WebAssembly.Memory = class Memory extends Original {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.add(new WeakRef(this));
    }
  };
}

/** Bytes of all WASM memories that are still in use; null when none was made by JavaScript and so none could be noted. */
export function wasmMemoryBytes(): number | null {
  let bytes: number | null = null;
  for (const reference of memories) {
    const memory = reference.deref();
    if (memory === undefined) memories.delete(reference);
    else bytes = (bytes ?? 0) + memory.buffer.byteLength;
  }
  return bytes;
}
