import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one plain line, `tests: 12 passed, 0 failed, 0 skipped`, for people and for CI. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      if (module.state() === 'failed' && module.children.size === 0) counts.failed++
      for (const test of module.children.allTests()) counts[test.result().state]++
    }
    const skipped = counts.skipped + counts.pending
    console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${skipped} skipped`)
  }
}
