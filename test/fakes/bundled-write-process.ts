import { isMainThread } from 'node:worker_threads'

import '../../src/agent/block-writer/lanes/lane-thread.ts'

/** `repave write` as the one thing in a bundle, as the agent is in sledgehammer. */
if (isMainThread) {
  import('../../src/agent/write-command/main.ts')
    .then(({ runWriteCommand }) => runWriteCommand(process.argv.slice(2)))
    .catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
}
