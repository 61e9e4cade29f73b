import { availableParallelism } from 'node:os'

import { defineConfig } from 'vitest/config'

const project = (name: string, testTimeout: number, include = [`test/${name}/**/*.test.ts`]) => ({
  name,
  include,
  globalSetup: './test/global-setup.ts',
  testTimeout,
  hookTimeout: testTimeout,
  // A second, which is the runner's own, is short where other work has the cores.
  expect: { poll: { timeout: testTimeout / 2 } },
  // The runner would leave one core idle, which is half of the smallest machine.
  maxWorkers: Math.max(2, availableParallelism() - 1),
})

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      { test: project('unit', 20_000, ['test/unit/**/*.test.ts', 'test/*.test.ts']) },
      { test: { ...project('integration', 120_000), sequence: { groupOrder: 1 } } },
      // QEMU under software emulation, minutes each.
      { test: { ...project('e2e', 1_200_000), sequence: { groupOrder: 2 } } },
    ],
  },
})
