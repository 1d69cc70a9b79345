/** Prints the result as one line that a script can read. */
import type { FullResult, Reporter, Suite } from "@playwright/test/reporter";

export default class SummaryReporter implements Reporter {
  private suite: Suite | undefined;
  private errors = 0;

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite;
  }

  /** Errors outside any test, such as a failed global setup. */
  onError(): void {
    this.errors += 1;
  }

  onEnd(_result: FullResult): void {
    const tests = this.suite?.allTests() ?? [];
    const passed = tests.filter((test) => test.outcome() === "expected").length;
    // Skipped and never-run tests count as failed: they have shown nothing.
    const failed = Math.max(tests.length - passed, this.errors);
    process.stdout.write(`\nbrowser: ${passed} passed, ${failed} failed\n`);
  }
}
