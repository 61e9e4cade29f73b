import { isMainThread } from 'node:worker_threads'

import { messageOf } from '../base/coded-error.ts'
import './block-writer/lanes/lane-thread.ts'
import './burn-in/cpu-thread.ts'

// Threads start from this file, too: it is the only one in sledgehammer. They are spared all of the agent
// that they do not run, which is most of it.
if (isMainThread) {
  import('./run-agent.ts')
    .then(({ runAgent }) => runAgent())
    .catch((error: unknown) => {
      process.stderr.write(`repave agent: ${messageOf(error)}\n`)
      process.exitCode = 1
    })
}
