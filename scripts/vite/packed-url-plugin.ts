/**
 * `import url from '….wasm?packed-url'`: like Vite's `?url`, but the build stores the file gzipped, and whoever loads it
 * unpacks it (src/engine/unpack-runtime.ts). ONNX Runtime's asyncify build is 26.8 MB, over the 25 MiB that some static
 * hosts take for one file; gzipped it is 6.7 MB.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const QUERY = '?packed-url';
const PREFIX = '\0packed-url:';

export function packedUrlPlugin(): Plugin {
  let isBuild = false;
  return {
    name: 'shellwright:packed-url',
    enforce: 'pre',
    configResolved(config) {
      isBuild = config.command === 'build';
    },
    async resolveId(source, importer) {
      if (!source.endsWith(QUERY)) return null;
      const file = await this.resolve(source.slice(0, -QUERY.length), importer, { skipSelf: true });
      return file === null ? null : `${PREFIX}${file.id}`;
    },
    async load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const file = id.slice(PREFIX.length);
      if (!isBuild) return `export { default } from ${JSON.stringify(`${file}?url`)};`;
      const reference = this.emitFile({
        type: 'asset',
        // Not `.gz`: some servers take that for a promise that the browser should unpack it.
        name: `${basename(file, '.wasm')}.wasm-packed`,
        source: await promisify(gzip)(await readFile(file), {
          level: constants.Z_BEST_COMPRESSION,
        }),
      });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}
