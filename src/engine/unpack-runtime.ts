/**
 * Unpacks a build of ONNX Runtime that is stored gzipped, because some static hosts take no file over 25 MiB
 * (scripts/vite/packed-url-plugin.ts).
 */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

const unpacked = new Map<string, Promise<string>>();

/**
 * An address from which the browser can compile the WASM: the same one if it is not packed, else that of a copy in
 * memory, made once.
 * @throws {TypeError} as `fetch` does if the file cannot be had
 */
export function unpackedWasmUrl(url: string): Promise<string> {
  const known = unpacked.get(url);
  if (known !== undefined) return known;
  const made = isPacked(url) ? unpack(url) : Promise.resolve(url);
  unpacked.set(url, made);
  made.catch(() => unpacked.delete(url));
  return made;
}

function isPacked(url: string): boolean {
  return new URL(url).pathname.endsWith('.wasm-packed');
}

async function unpack(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`${url} answered ${response.status}`);
  const packed = await response.blob();
  const head = new Uint8Array(await packed.slice(0, GZIP_MAGIC.length).arrayBuffer());
  // A server that knows the format may have let the browser unpack it already.
  const isGzip = GZIP_MAGIC.every((byte, index) => head[index] === byte);
  const stream = isGzip
    ? packed.stream().pipeThrough(new DecompressionStream('gzip'))
    : packed.stream();
  const wasm = await new Response(stream).arrayBuffer();
  return URL.createObjectURL(new Blob([wasm], { type: 'application/wasm' }));
}
