/** Hashes what it is told of, in order: `[memory, length]` is answered when it is done, `'digest'` with the sha256. */
import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

const hash = createHash('sha256')

parentPort?.on('message', (message: 'digest' | readonly [SharedArrayBuffer, number]) => {
  if (message === 'digest') parentPort?.postMessage(hash.digest(), [])
  else {
    hash.update(new Uint8Array(message[0], 0, message[1]))
    parentPort?.postMessage('done', [])
  }
})
