/**
 * Builds the service worker after the app, since it must know the names of the app's files. A plugin of our own:
 * the ready-made one brings 150 packages for what is a list of files and one more build.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { build, type Plugin, type ResolvedConfig } from 'vite';
import type { BuildManifest } from '../../src/sw/build-manifest.ts';

export interface ServiceWorkerPluginOptions {
  /** The service worker's source, relative to the root. */
  readonly source: string;
  /** Its name in the built app; the folder that holds it is its scope. */
  readonly fileName: string;
  /** Files that the service worker must not store: others do, or nobody needs them offline. */
  readonly exclude: readonly RegExp[];
  /** Files that it stores only once they are used. */
  readonly onFirstUse: readonly RegExp[];
}

export function serviceWorkerPlugin(options: ServiceWorkerPluginOptions): Plugin {
  let config: ResolvedConfig;
  let isWritten = false;
  return {
    name: 'shellwright:service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    writeBundle() {
      isWritten = true;
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error) {
        // A failed build is closed too, at times without its error: a second one, about missing files, would hide it.
        if (error !== undefined || !isWritten) return;
        const folder = resolve(config.root, config.build.outDir);
        const manifest = describeBuild(folder, options);
        await build({
          configFile: false,
          root: config.root,
          logLevel: 'warn',
          publicDir: false,
          define: { __BUILD_MANIFEST__: JSON.stringify(manifest) },
          build: {
            outDir: config.build.outDir,
            emptyOutDir: false,
            target: config.build.target,
            sourcemap: config.build.sourcemap,
            rolldownOptions: {
              input: join(config.root, options.source),
              output: { format: 'iife', entryFileNames: options.fileName },
            },
          },
        });
      },
    },
  };
}

function describeBuild(folder: string, options: ServiceWorkerPluginOptions): BuildManifest {
  const matches = (path: string, patterns: readonly RegExp[]): boolean =>
    patterns.some((pattern) => pattern.test(path));
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !matches(path, options.exclude) && !path.startsWith(options.fileName))
    .sort();
  const shell = files.filter((path) => !matches(path, options.onFirstUse));
  const hash = createHash('sha256');
  for (const path of shell)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(folder, path)));
  return {
    version: hash.digest('hex').slice(0, 16),
    // Hosts like to redirect index.html to its folder, and a redirected page may not be handed out: store the folder.
    shell: shell.map((path) => (path === 'index.html' ? '' : path)),
    onFirstUse: files.filter((path) => matches(path, options.onFirstUse)),
  };
}
