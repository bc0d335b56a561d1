/**
 * Who may import whom. The table is explained in docs/architecture.md; the compiler enforces the realms (no `document`
 * in a worker), this file the arrows between folders.
 */
/** For each folder of src/: the folders and packages that it may import besides itself. */
const allowed = {
  contracts: { folders: [], packages: [] },
  core: { folders: ['contracts'], packages: [] },
  engine: {
    folders: ['contracts', 'core'],
    packages: [
      'onnxruntime-web',
      '@huggingface/transformers',
      '@huggingface/tokenizers',
      'comlink',
    ],
  },
  bridge: {
    folders: ['contracts', 'core'],
    // Of ONNX Runtime and of the bash parser only the addresses of their files.
    packages: ['comlink', 'onnxruntime-web'],
    files: ['^bash-parser/build/[^/]+\\.wasm$'],
  },
  store: { folders: ['contracts', 'core'], packages: ['idb'] },
  monitor: { folders: ['contracts', 'core', 'store'], packages: [] },
  state: {
    folders: ['contracts', 'core', 'bridge', 'store', 'monitor'],
    packages: ['svelte', 'esm-env'],
  },
  ui: {
    folders: ['contracts', 'core', 'state'],
    packages: ['svelte', 'esm-env', 'uplot', '@codemirror', '@lezer'],
  },
  sw: { folders: ['contracts', 'core', 'store', 'monitor'], packages: [] },
};

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const arrows = Object.entries(allowed).map(([folder, { folders, packages, files = [] }]) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import ${[...folders, ...packages].join(', ') || 'nothing'}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    pathNot: [
      `^src/(${[folder, ...folders].join('|')})/`,
      ...files,
      ...packages.map((name) => `(^|/)node_modules/${escape(name)}/`),
      // `?url` is Vite's: the address of a file, which nothing but Vite resolves.
      ...packages.map((name) => `^${escape(name)}/.*\\?(packed-)?url$`),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'relay-imports',
      comment: 'The relay shares contracts and pure logic with the page, and nothing else.',
      severity: 'error',
      from: { path: '^relay/' },
      to: { path: '^src/', pathNot: '^src/(contracts|core/(alerts|export|json|metrics))/' },
    },
    {
      name: 'nobody-imports-the-relay',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^relay/' },
    },
    {
      name: 'main-is-the-root',
      comment:
        'main.ts puts everything together; nothing imports it, and it starts no worker itself.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'main-imports',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/(engine|sw)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-barrels',
      comment: 'A file that only re-exports hides who needs what, and makes cycles.',
      severity: 'error',
      from: {},
      to: { path: '^src/.*/index\\.ts$' },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing reaches this file.',
      severity: 'error',
      from: { orphan: true, path: '^(src|relay)/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?(packed-)?url$' },
    },
    {
      name: 'no-development-packages',
      comment: 'What the page and the relay import belongs to "dependencies".',
      severity: 'error',
      from: { path: '^(src|relay)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'svelte', 'import', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.svelte'],
    },
  },
};
