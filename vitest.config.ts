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
      // QEMU under software emulation, minutes each: two files at a time, for a machine waits as often as it works.
      {
        test: {
          ...project('e2e', 1_200_000),
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
