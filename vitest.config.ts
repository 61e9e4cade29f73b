import { defineConfig } from 'vitest/config'

const project = (name: string, testTimeout: number, include = [`test/${name}/**/*.test.ts`]) => ({
  name,
  include,
  globalSetup: './test/global-setup.ts',
  testTimeout,
  hookTimeout: testTimeout,
})

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      { test: project('unit', 20_000, ['test/unit/**/*.test.ts', 'test/*.test.ts']) },
      { test: { ...project('integration', 120_000), sequence: { groupOrder: 1 } } },
      // QEMU under software emulation: one test file at a time, minutes each.
      {
        test: {
          ...project('e2e', 1_200_000),
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
