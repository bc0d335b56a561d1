/** What the build knows about itself; scripts/vite/service-worker-plugin.ts fills it in. */
declare const __BUILD_MANIFEST__: BuildManifest;

export interface BuildManifest {
  /** Changes with any file of the shell. */
  readonly version: string;
  /** Files to store at install, relative to the scope. The page itself is ''. */
  readonly shell: readonly string[];
  /** Files to store once they are used: ONNX Runtime has three builds, and a browser needs one. */
  readonly onFirstUse: readonly string[];
}

export const buildManifest: BuildManifest = __BUILD_MANIFEST__;
