import { describe, expect, test } from 'vitest'

import { asciiBytes } from '../../../../../src/base/ascii.ts'
import type { BootFileDecision } from '../../../../../src/daemon/domain/bootenv/boot-client.ts'
import { answerRequest, dhcpChain } from '../../../../../src/daemon/servers/dhcp/answer-request.ts'
import { encodeNak, encodeReply } from '../../../../../src/daemon/servers/dhcp/reply-packet.ts'
import { decodePacket } from '../../../../../src/protocol/dhcpv4/decode-packet.ts'
import { dhcpExchange } from '../../../../fakes/dhcp-exchange.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'

async function answer(exchange: ReturnType<typeof dhcpExchange>, boot?: BootFileDecision) {
  const { serverAddress } = exchange
  const decision: BootFileDecision = boot ?? {
    kind: 'boot-file',
    bootFileName: 'ipxe/undionly.kpxe',
    serverAddress,
    because: 'a test',
  }
  const chain = dhcpChain({ bootFileFor: () => decision })
  const verdict = await answerRequest(exchange, chain)
  if (verdict.kind !== 'continue') throw new Error(`the chain ended: ${verdict.kind}`)
  return verdict.reply
}

const bios = [
  [60, asciiBytes('PXEClient:Arch:00000')],
  [93, [0, 0]],
] as const
const uefi = [
  [60, asciiBytes('PXEClient:Arch:00007')],
  [93, [0, 7]],
] as const

describe(answerRequest, () => {
  test('C-D03 every reply names the server and the lease’s times', async () => {
    const { options } = await answer(dhcpExchange())
    expect(options.get(54)).toEqual(Uint8Array.of(10, 77, 0, 1))
    expect([51, 58, 59].map((code) => options.get(code)?.join('.'))).toEqual([
      '0.0.14.16',
      '0.0.7.8',
      '0.0.12.78',
    ])
  })

  test('an ordinary client gets no boot file', async () => {
    const reply = await answer(dhcpExchange())
    expect([...reply.options.keys()]).not.toEqual(expect.arrayContaining([66]))
    expect(reply).toMatchObject({ bootFileName: '', nextServerAddress: '0.0.0.0' })
    expect(reply.boot).toBeUndefined()
  })

  test('C-P06 BIOS firmware is told that the boot file is all there is', async () => {
    const { options } = await answer(dhcpExchange(dhcpRequest({ options: bios })))
    expect(options.get(60)).toEqual(asciiBytes('PXEClient'))
    expect(options.get(43)).toEqual(Uint8Array.of(6, 1, 8, 255))
  })

  test('C-P03 UEFI firmware is not sent to port 4011 by an option 60', async () => {
    const { options } = await answer(dhcpExchange(dhcpRequest({ options: uefi })))
    expect(options.has(60)).toBe(false)
    expect(options.has(43)).toBe(false)
    expect(options.get(66)).toEqual(asciiBytes('10.77.0.1'))
  })

  test('D08 firmware that nothing fits gets its address and the reason', async () => {
    const boot = { kind: 'none', because: 'no program for it' } as const
    const reply = await answer(dhcpExchange(dhcpRequest({ options: bios })), boot)
    expect(reply).toMatchObject({ yourAddress: '10.77.0.10', bootFileName: '', boot })
    expect(reply.options.has(60)).toBe(false)
  })

  test('C-P10 iPXE is told not to wait for a proxy', async () => {
    const request = dhcpRequest({ options: [...bios, [77, asciiBytes('iPXE')]] })
    const { options } = await answer(dhcpExchange(request))
    expect(options.get(175)).toEqual(Uint8Array.of(176, 1, 1))
    expect(options.has(43)).toBe(false)
  })

  test('D13 a relay’s information without a relay is not carried back', async () => {
    const { options } = await answer(dhcpExchange(dhcpRequest({ options: [[82, [1, 1, 1]]] })))
    expect(options.has(82)).toBe(false)
  })
})

describe(encodeReply, () => {
  test('C-D14 carries the client identifier back, and makes none up', async () => {
    const identifier = [0xff, 1, 2, 3, 4, 0, 1]
    const sent = dhcpExchange(dhcpRequest({ options: [[61, identifier]] }))
    expect((await answer(sent)).options.get(61)).toEqual(Uint8Array.from(identifier))
    expect((await answer(dhcpExchange())).options.has(61)).toBe(false)
  })

  test('C-D02 carries xid, flags, giaddr and chaddr back', async () => {
    const request = dhcpRequest({ transactionId: 0xfedc_ba98, flags: 0x8000, seconds: 9, hops: 2 })
    const exchange = dhcpExchange(request)
    const { hardwareAddress } = request
    const decoding = decodePacket(encodeReply(exchange, await answer(exchange)))
    expect(decoding).toMatchObject({
      ok: true,
      packet: {
        operation: 'reply',
        messageType: 'offer',
        transactionId: 0xfedc_ba98,
        flags: 0x8000,
        seconds: 0,
        hops: 0,
        hardwareAddress,
      },
    })
  })

  test('a script address longer than the header field is in option 67 alone', async () => {
    const exchange = dhcpExchange(dhcpRequest({ options: [[175, [1, 1, 0]]] }))
    const bootFileName = `http://10.77.0.1:8090/${'a'.repeat(150)}`
    const { serverAddress } = exchange
    const boot = { kind: 'boot-file', bootFileName, serverAddress, because: 'a test' } as const
    const decoding = decodePacket(encodeReply(exchange, await answer(exchange, boot)))
    if (!decoding.ok) throw new Error(decoding.reason)
    expect(decoding.packet.bootFile).toHaveLength(0)
    expect(decoding.packet.options.get(67)).toEqual(asciiBytes(`${bootFileName}\0`))
  })
})

describe(encodeNak, () => {
  test('C-D04 through a relay it asks to be broadcast', () => {
    const relayAddress = dhcpExchange().serverAddress
    const exchange = dhcpExchange(dhcpRequest({ relayAddress, options: [[82, [1, 1, 1]]] }))
    const decoding = decodePacket(encodeNak(exchange, 'not yours'))
    expect(decoding).toMatchObject({ ok: true, packet: { messageType: 'nak', flags: 0x8000 } })
    if (decoding.ok) expect([...decoding.packet.options.keys()]).toEqual([54, 56, 82])
  })
})
