/** Vitest reporter: ends a run with the plain line `N passed, N failed`, and fails a run in which no test ran. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<SerializedError>,
  ): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedTests = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that never got a result (its file timed out, say) has not passed.
        if (state === 'passed' || state === 'skipped') count[state] += 1;
        else failedTests += 1;
      }
      // A file that could not be loaded has no failing test, yet must not read as a success.
      if (failedTests === 0 && !module.ok()) failedTests = 1;
      count.failed += failedTests;
    }
    if (count.passed + count.failed === 0) process.exitCode = 1;
    const skipped = count.skipped === 0 ? '' : `, ${String(count.skipped)} skipped`;
    process.stdout.write(
      `\n${String(count.passed)} passed, ${String(count.failed)} failed${skipped}\n`,
    );
  }
}
