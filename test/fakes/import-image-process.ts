/** `import-image-process.ts DIRECTORY MEBIBYTES`: imports that much noise as `debian`, prints how far it is, and waits for more that never comes. */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { openImageStore } from '../../src/daemon/store/blobs/image-store.ts'
import { loadSigningKey } from '../../src/daemon/store/blobs/signing-key.ts'
import { rawSource } from './raw-source.ts'

const stdout = 1
const [directory = '', mebibytes = ''] = process.argv.slice(2)
const clock = { nowMs: () => 1, monotonicMs: () => 1 }
const signingKey = await loadSigningKey(join(directory, 'image-signing.pem'))
const store = await openImageStore({ directory: join(directory, 'images'), signingKey, clock })

async function* noise() {
  for (let count = 0; count < Number(mebibytes); count++) yield randomBytes(MEBIBYTE)
  for (;;) await sleep(60_000)
}

await store.importImage({
  name: 'debian',
  version: '1',
  source: rawSource(noise()),
  onProgress: (rawBytes) => writeSync(stdout, `${rawBytes}\n`),
})
