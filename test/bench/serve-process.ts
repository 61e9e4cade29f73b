/** `serve-process.ts DIRECTORY`: serves the image called `bench` as machines see it, and prints where. */
import { digestHex } from '../../src/base/digest.ts'
import { imageFiles } from '../../src/daemon/servers/boot-files/image-files.ts'
import { loadKernelCalls } from '../../src/daemon/servers/http/kernel-sender.ts'
import { createProvisioningServer } from '../../src/daemon/servers/http/provisioning-server.ts'
import { openImages } from '../../src/daemon/parts/images/open-images.ts'
import { createSilentLogger } from '../fakes/silent-logger.ts'
import { realClock } from '../fakes/real-clock.ts'

const [directory = ''] = process.argv.slice(2)
const { store } = await openImages(directory)
const found = await store.findImage('bench')
if (found === undefined) throw new Error(`no image called bench in ${directory}`)
const server = await createProvisioningServer({
  host: '127.0.0.1',
  port: 0,
  routes: [imageFiles(store)],
  events: { record: () => undefined },
  clock: realClock,
  logger: createSilentLogger(),
  kernel: await loadKernelCalls(),
  // All clients of the bench come from one address.
  limits: { connectionsPerAddress: 1024 },
})
const { endpoint } = await server.listen()
const path = `/images/${digestHex(found.image.digest)}/pack`
console.log(JSON.stringify({ endpoint, path }))
