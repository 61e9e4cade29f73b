import { isMainThread } from 'node:worker_threads'

import { runWriteCommand } from '../../src/agent/write-command/main.ts'

/** `repave write` as the one thing in a bundle, as the agent is in sledgehammer. */
if (isMainThread) {
  runWriteCommand(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
}
