import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, it, onTestFinished } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { digestHex } from '../../../src/base/digest.ts'
import { openImages } from '../../../src/daemon/parts/images/open-images.ts'
import { imageFiles } from '../../../src/daemon/servers/boot-files/image-files.ts'
import { createProvisioningServer } from '../../../src/daemon/servers/http/provisioning-server.ts'
import { needProgram } from '../../fakes/need-program.ts'
import { rawSource } from '../../fakes/raw-source.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'
import { freePort } from '../../fakes/free-port.ts'

/** The `http { }` part of docs/nginx-front.md, for these addresses. */
async function documentedConfig(port: number, upstream: string, cache: string): Promise<string> {
  const page = await readFile('docs/nginx-front.md', 'utf8')
  const config = /```nginx\n([^]*?)```/.exec(page)?.[1] ?? ''
  return config
    .replace('/var/cache/nginx/repave', cache)
    .replace('10.77.1.1:8090', `127.0.0.1:${port}`)
    .replaceAll('http://10.77.0.1:8090', `http://${upstream}`)
}

it('the front of docs/nginx-front.md serves the second machine from its cache', async () => {
  await needProgram('nginx', 'nginx-light')
  const folder = await mkdtemp(join(tmpdir(), 'repave-front-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { store } = await openImages(folder)
  const noise = async function* () {
    for (let chunk = 0; chunk < 3; chunk++) yield randomBytes(4 * MEBIBYTE)
  }
  const request = { name: 'debian', version: '1', source: rawSource(noise()) }
  const { image } = await store.importImage(request)
  const server = await createProvisioningServer({
    ...{ host: '127.0.0.1', port: 0, routes: [imageFiles(store)], clock: realClock },
    ...{ events: { record: () => undefined }, logger: createSilentLogger() },
  })
  await using running = await server.listen()
  const port = await freePort()
  const path = join(folder, 'front')
  await mkdir(path)
  const http = await documentedConfig(port, running.endpoint.replace('/tcp', ''), `${path}/cache`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${path}/${name};`)
    .join(' ')
  await writeFile(
    join(path, 'nginx.conf'),
    `daemon off; user root; pid ${path}/pid; error_log ${path}/error.log; events {}
http { access_log off; ${temporary}
${http} }`,
  )
  const nginx = spawn('/usr/sbin/nginx', ['-p', path, '-c', join(path, 'nginx.conf')])
  onTestFinished(async () => {
    nginx.kill()
    await once(nginx, 'exit')
  })

  const url = `http://127.0.0.1:${port}/images/${digestHex(image.digest)}/pack`
  const fetchRange = async () => {
    const headers = { range: `bytes=${MEBIBYTE}-${6 * MEBIBYTE - 1}` }
    const answer = await fetch(url, { headers })
    const { status } = answer
    const range = answer.headers.get('content-range')
    return { status, range, bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  let first = await fetchRange().catch(() => undefined)
  for (let attempt = 0; first === undefined && attempt < 100; attempt++) {
    await sleep(50)
    first = await fetchRange().catch(() => undefined)
  }
  const total = `bytes ${MEBIBYTE}-${6 * MEBIBYTE - 1}/${image.packBytes}`
  expect(first).toMatchObject({ status: 206, range: total })
  const servedBytes = () => running.counters()['http.bytes']
  await expect.poll(servedBytes).toBe(8 * MEBIBYTE)
  const second = await fetchRange()
  expect(second.range).toBe(total)
  expect(first?.bytes.equals(second.bytes)).toBe(true)
  expect(servedBytes()).toBe(8 * MEBIBYTE)
})
