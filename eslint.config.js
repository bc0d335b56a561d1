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
    ['bridge', 'engine', 'state', 'ui'],
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
            // Components lie in folders of their own, one of which is called as a layer is: ui/monitor.
            regex: `^(\\.\\./)${folder === 'ui' ? '{2,}' : '+'}(${folders.join('|')})/`,
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
      // `== null` is the one comparison that asks for null and undefined at once.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Fixtures of Vitest must name the context by destructuring, even where they need nothing of it.
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      // A number in a template literal reads as it is meant; objects and null stay errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `return this.#fail(cause)` ends a function early in one line.
      '@typescript-eslint/no-confusing-void-expression': 'off',
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
  {
    // To ESLint a component that another imports is an `any`; svelte-check knows its type, and reports misuse.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // `void value` reads a value so that a derived one follows it.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
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
  { files: ['relay/**'], languageOptions: { globals: globals.node } },
  { files: ['relay/cli.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['relay/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(\\.\\./)+src/(?!contracts/|core/(alerts|export|json|metrics)/)',
              message: 'relay must not import this folder: see docs/architecture.md.',
            },
          ],
        },
      ],
    },
  },
  {
    // ESLint does not see casts in JSDoc; the compiler does.
    files: ['**/*.mjs'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  { files: ['tests/bench/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.{js,cjs}'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
  ...importBoundaries,
);
