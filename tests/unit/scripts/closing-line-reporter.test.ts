import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SerializedError, TestModule } from 'vitest/node';
import ClosingLineReporter from '../../../scripts/closing-line-reporter.ts';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

/** A test file with tests in these states. */
function moduleOf(states: readonly State[], isOk = !states.includes('failed')): TestModule {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  return { ok: () => isOk, children: { allTests: () => tests } } as unknown as TestModule;
}

let output: string;
let exitCodeBefore: typeof process.exitCode;

beforeEach(() => {
  output = '';
  exitCodeBefore = process.exitCode;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = exitCodeBefore;
});

function report(modules: readonly TestModule[], errors: readonly SerializedError[] = []): string {
  new ClosingLineReporter().onTestRunEnd(modules, errors);
  return output;
}

test('ends with the counts alone on a line', () => {
  expect(report([moduleOf(['passed', 'passed']), moduleOf(['passed', 'failed'])])).toBe(
    '\n3 passed, 1 failed\n',
  );
});

test('names what was skipped', () => {
  expect(report([moduleOf(['passed', 'skipped'])])).toBe('\n1 passed, 0 failed, 1 skipped\n');
});

test('counts a test without a result as failed', () => {
  expect(report([moduleOf(['passed', 'pending'], false)])).toBe('\n1 passed, 1 failed\n');
});

test('counts a file that could not be loaded, and errors outside of tests', () => {
  const error: SerializedError = { name: 'Error', message: 'unhandled' };
  expect(report([moduleOf([], false)], [error])).toBe('\n0 passed, 2 failed\n');
});

test('fails a run in which no test ran', () => {
  report([moduleOf(['skipped'])]);
  expect(process.exitCode).toBe(1);
});
