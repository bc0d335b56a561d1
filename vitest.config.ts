import { playwright } from '@vitest/browser-playwright';
import { defineConfig, mergeConfig } from 'vitest/config';
import { browserArguments, findInstalledBrowser } from './scripts/find-browser.mjs';
import viteConfig from './vite.config.ts';

/** Null only until `npm test` has installed one; the unit tests need none. */
const browserPath = findInstalledBrowser();

export default mergeConfig(
  viteConfig,
  defineConfig({
    test: {
      reporters: ['default', './scripts/closing-line-reporter.ts'],
      // A machine with two cores runs the tests as well as one with sixteen, only later.
      maxWorkers: 2,
      passWithNoTests: false,
      projects: [
        {
          extends: true,
          test: {
            name: 'unit',
            include: ['tests/{unit,regression}/**/*.test.ts'],
            environment: 'node',
            testTimeout: 30_000,
            expect: { poll: { timeout: 10_000 } },
            sequence: { groupOrder: 0 },
          },
        },
        {
          extends: true,
          optimizeDeps: {
            // Found while a test runs, a dependency would reload its page.
            include: [
              'comlink',
              'idb',
              '@huggingface/tokenizers',
              '@huggingface/transformers',
              'uplot',
            ],
            exclude: ['onnxruntime-web'],
          },
          test: {
            name: 'browser',
            include: ['tests/browser/**/*.test.ts'],
            globalSetup: ['tests/fixtures/hub/global-setup.ts'],
            testTimeout: 60_000,
            hookTimeout: 60_000,
            expect: { poll: { timeout: 30_000 } },
            fileParallelism: false,
            sequence: { groupOrder: 1 },
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: {
                  ...(browserPath === null ? {} : { executablePath: browserPath }),
                  args: [...browserArguments],
                },
              }),
              instances: [{ browser: 'chromium' }],
            },
          },
        },
        {
          extends: true,
          test: {
            name: 'e2e',
            include: ['tests/e2e/**/*.test.ts'],
            environment: 'node',
            globalSetup: ['tests/e2e/support/build-app.ts'],
            testTimeout: 240_000,
            hookTimeout: 120_000,
            expect: { poll: { timeout: 30_000 } },
            fileParallelism: false,
            sequence: { groupOrder: 2 },
          },
        },
        {
          extends: true,
          test: {
            name: 'relay',
            include: ['tests/relay/**/*.test.ts'],
            environment: 'node',
            globalSetup: ['tests/relay/support/install-monitoring.ts'],
            testTimeout: 60_000,
            hookTimeout: 60_000,
            expect: { poll: { timeout: 20_000 } },
            fileParallelism: false,
            sequence: { groupOrder: 3 },
          },
        },
      ],
    },
  }),
);
