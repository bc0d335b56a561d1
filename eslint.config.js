import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';

const scriptFiles = ['scripts/**/*.{ts,mjs}', '*.config.ts'];

/**
 * The same table as in .dependency-cruiser.cjs, so that an editor shows a forbidden import while it is typed.
 * Names are the folders of src/ that a folder must not reach, and packages.
 */
const forbiddenImports = {
  contracts: [
    ['bridge', 'core', 'engine', 'monitor', 'state', 'store', 'sw', 'ui'],
    ['comlink', 'idb', 'onnxruntime-web', 'svelte'],
  ],
  core: [
    ['bridge', 'engine', 'monitor', 'state', 'store', 'sw', 'ui'],
    ['comlink', 'idb', 'onnxruntime-web', 'svelte'],
  ],
  engine: [
    ['bridge', 'monitor', 'state', 'store', 'sw', 'ui'],
    ['idb', 'svelte'],
  ],
  bridge: [
    ['monitor', 'state', 'store', 'sw', 'ui'],
    ['idb', 'svelte', '@huggingface/transformers'],
  ],
  store: [
    ['bridge', 'engine', 'monitor', 'state', 'sw', 'ui'],
    ['comlink', 'onnxruntime-web', 'svelte'],
  ],
  monitor: [
    ['bridge', 'engine', 'state', 'sw', 'ui'],
    ['comlink', 'idb', 'onnxruntime-web', 'svelte'],
  ],
  state: [
    ['engine', 'sw', 'ui'],
    ['comlink', 'idb', 'onnxruntime-web'],
  ],
  ui: [
    ['bridge', 'engine', 'monitor', 'store', 'sw'],
    ['comlink', 'idb', 'onnxruntime-web'],
  ],
  sw: [
    ['bridge', 'engine', 'monitor', 'state', 'ui'],
    ['comlink', 'onnxruntime-web', 'svelte'],
  ],
};

const importBoundaries = Object.entries(forbiddenImports).map(([folder, [folders, packages]]) => ({
  files: [`src/${folder}/**/*.{ts,svelte}`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${folders.join('|')})/`,
            message: `src/${folder} must not import this folder: see docs/architecture.md.`,
          },
          {
            regex: `^(${packages.join('|')})(/|$)`,
            message: `src/${folder} must not import this package: see docs/architecture.md.`,
          },
        ],
      },
    ],
  },
}));

export default defineConfig(
  globalIgnores([
    'dist/',
    '.cache/',
    'coverage/',
    'test-results/',
    'bash-parser/',
    'model/',
    'public/',
  ]),
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      // A number in a template literal reads as it is meant; objects and null stay errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `(event) => this.#onEvent(event)` and `return this.#fail(cause)` say what they mean without extra braces.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-ignore': true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  { files: ['src/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['src/**'],
    ignores: ['src/bridge/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name=/^(Shared)?Worker$/]',
          message: 'Only src/bridge starts workers: it alone knows how to end and restart them.',
        },
        {
          selector:
            "CallExpression[callee.property.name='register'][callee.object.property.name='serviceWorker']",
          message: 'Only src/bridge registers the service worker.',
        },
      ],
    },
  },
  {
    files: scriptFiles,
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: false, project: 'scripts/tsconfig.json' },
    },
    rules: { 'no-console': 'off' },
  },
  { files: ['tests/bench/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.{js,cjs}'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
  ...importBoundaries,
);
