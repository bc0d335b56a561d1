import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { packedUrlPlugin } from './scripts/vite/packed-url-plugin.ts';
import { serviceWorkerPlugin } from './scripts/vite/service-worker-plugin.ts';

/** Headers that make the page cross-origin isolated, so that ONNX Runtime may use WASM threads. */
const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
  plugins: [
    svelte({ configFile: false }),
    packedUrlPlugin(),
    serviceWorkerPlugin({
      source: 'src/sw/service-worker.ts',
      fileName: 'sw.js',
      // The engine keeps models itself, verified; the others are for hosts and for debugging.
      exclude: [/^models\//, /^_/, /\.map$/],
      // ONNX Runtime has three builds of 14 to 27 MB, and a browser needs one of them; few visitors load a hub model.
      onFirstUse: [/^assets\/(ort-|transformers|load-hub-model)/],
    }),
  ],
  resolve: {
    // ONNX Runtime's wasm and its loader stay files of their own: threads then load 24 kB, not our bundle.
    conditions: ['onnxruntime-web-use-extern-wasm', 'browser', 'module', 'import', 'default'],
  },
  worker: { format: 'es', plugins: () => [] },
  build: {
    target: 'es2023',
    sourcemap: true,
    assetsInlineLimit: 0,
    // Every browser that can run the model knows modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      checks: { bundlerTimings: false },
      // Imported by @codemirror/commands for commands that the editor has not; it has no effects, and does not say so.
      treeshake: { moduleSideEffects: [{ test: /@lezer\/common/, sideEffects: false }] },
    },
  },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
