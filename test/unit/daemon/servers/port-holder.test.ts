import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { describe, expect, it } from 'vitest'

import { PortTakenError, withPortHolder } from '../../../../src/daemon/process/start-failure.ts'
import { ListenError } from '../../../../src/daemon/servers/listen-error.ts'
import { findPortHolder } from '../../../../src/daemon/servers/port-holder.ts'

const taken = (port: number, code = 'EADDRINUSE') =>
  new ListenError(`127.0.0.1:${port}/tcp`, Object.assign(new Error(code), { code }))

describe(findPortHolder, () => {
  it('finds nobody on a port that nobody listens on', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    expect(await findPortHolder('tcp', port)).toBeUndefined()
  })

  it('finds the process behind a TCP and a UDP port', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await Promise.all([once(server, 'listening'), once(socket, 'listening')])
    try {
      const { port } = server.address() as AddressInfo
      const self = { processId: process.pid }
      expect(await findPortHolder('tcp', port)).toMatchObject(self)
      expect(await findPortHolder('udp', socket.address().port)).toMatchObject(self)
    } finally {
      server.close()
      socket.close()
    }
  })
})

describe(withPortHolder, () => {
  it('leaves other failures as they are', async () => {
    const refused = taken(1, 'EACCES')
    expect(await withPortHolder(refused)).toBe(refused)
    expect(await withPortHolder('odd')).toBe('odd')
  })

  it('names who has the port', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const { port } = server.address() as AddressInfo
      const failure = await withPortHolder(taken(port))
      expect(failure).toBeInstanceOf(PortTakenError)
      expect((failure as Error).message).toContain(`(pid ${process.pid})`)
    } finally {
      server.close()
    }
  })
})
