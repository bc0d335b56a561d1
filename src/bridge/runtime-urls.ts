/** Where the build put ONNX Runtime's files and the bash recogniser. Only their addresses are here: they load when the engine starts. */
import asyncifyMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
// Stored gzipped: as it is, it would be too large for some static hosts.
import asyncifyWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?packed-url';
import jspiMjs from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiWasm from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import wasmMjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import bashParser from '../../bash-parser/build/bash-parser.wasm?url';
import type { RuntimeUrls } from '../contracts/engine.ts';

/** Absolute, because the worker resolves relative addresses against its own file. */
export function runtimeUrls(documentUrl: string): RuntimeUrls {
  const absolute = (url: string): string => new URL(url, documentUrl).href;
  return {
    jspi: { mjs: absolute(jspiMjs), wasm: absolute(jspiWasm) },
    asyncify: { mjs: absolute(asyncifyMjs), wasm: absolute(asyncifyWasm) },
    wasm: { mjs: absolute(wasmMjs), wasm: absolute(wasmWasm) },
    bashParser: absolute(bashParser),
  };
}
