import { isMainThread } from 'node:worker_threads'

import '../../../src/agent/block-writer/lanes/lane-thread.ts'

// Bundled into one file, as the agent is, and like it no more than a lane in the writer's threads.
if (isMainThread) {
  import('./write-once.ts')
    .then(({ writeOnce }) => writeOnce(process.argv.slice(2)))
    .catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
}
