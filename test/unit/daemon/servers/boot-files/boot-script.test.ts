import { describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type {
  ScriptClient,
  ScriptDecision,
} from '../../../../../src/daemon/domain/bootenv/boot-client.ts'
import { BootRequestRefusedError } from '../../../../../src/daemon/servers/boot-files/boot-file-errors.ts'
import type { BootFileRequest } from '../../../../../src/daemon/servers/boot-files/boot-file.ts'
import { bootScriptUrl } from '../../../../../src/daemon/servers/boot-files/boot-script-url.ts'
import { bootScript } from '../../../../../src/daemon/servers/boot-files/boot-script.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

const baseUrl = 'http://10.77.0.1:8090'
const mac = '52:54:00:aa:bb:01'
const facts = { machineName: 'node-1', because: 'tested' }

function askScript(
  decide: (client: ScriptClient) => Promise<ScriptDecision>,
  query: Record<string, string>,
  request: Partial<BootFileRequest> = {},
) {
  const route = bootScript({
    decider: { decideScript: decide },
    baseUrl,
    serverAddress: parseIpv4Address('10.77.0.1'),
    clock: new ManualTime(),
    logger: createSilentLogger(),
  })
  return route({
    path: 'script.ipxe',
    query: new Map(Object.entries(query)),
    clientAddress: parseIpv4Address('10.77.0.50'),
    transport: 'http',
    probe: false,
    ...request,
  })
}

async function scriptFor(decide: (client: ScriptClient) => Promise<ScriptDecision>) {
  const file = await askScript(decide, { mac })
  return Buffer.from((await file?.read(0, file.sizeBytes)) ?? []).toString()
}

const mustNotDecide = async (): Promise<ScriptDecision> => {
  throw new Error('decided')
}

describe(bootScript, () => {
  test.each<Record<string, string>>([
    {},
    { mac: 'not-a-mac' },
    { mac, platform: 'toString' },
    { mac, uuid: '../../x' },
  ])('refuses the query %j without a decision', async (query) => {
    await expect(askScript(mustNotDecide, query)).rejects.toThrow(BootRequestRefusedError)
  })

  test('HEAD decides nothing', async () => {
    const answer = askScript(mustNotDecide, { mac }, { probe: true })
    await expect(answer).rejects.toMatchObject({ statusCode: 405 })
  })

  test('is no file for TFTP, which carries no query', async () => {
    expect(await askScript(mustNotDecide, { mac }, { transport: 'tftp' })).toBeUndefined()
  })

  test('H17 a decision that fails becomes a page that asks again', async () => {
    const script = await scriptFor(async () => {
      throw new Error('database is closed')
    })
    expect(script).toContain('is held')
    expect(script).toContain(`chain --replace ${baseUrl}/boot/script.ipxe?mac=${mac}`)
    expect(script).not.toContain('database')
  })

  test('H17 an argument that iPXE would take for a command becomes a page that asks again', async () => {
    const kernelArguments = ['a\nshell']
    const script = await scriptFor(async () => ({
      ...facts,
      target: 'sledgehammer',
      kernelArguments,
    }))
    expect(script).toContain('is held')
    expect(script).not.toContain('shell')
  })

  test('H07 sledgehammer comes from the configured address', async () => {
    const kernelArguments = ['quiet']
    const script = await scriptFor(async () => ({
      ...facts,
      target: 'sledgehammer',
      kernelArguments,
    }))
    expect(script).toContain(`${baseUrl}/boot/sledgehammer/vmlinuz initrd=initramfs.zst quiet`)
    expect(script).toContain(`${baseUrl}/boot/sledgehammer/initramfs.zst`)
  })

  test('hands on who asks; an all-zero UUID says nothing', async () => {
    const asked: ScriptClient[] = []
    const decide = async (client: ScriptClient): Promise<ScriptDecision> => {
      asked.push(client)
      return { ...facts, target: 'local-disk' }
    }
    const uuid = 'A1B2C3D4-0000-4000-8000-0123456789AB'
    await askScript(decide, { mac: '525400AABB01', platform: 'uefi-x86_64', uuid })
    await askScript(decide, { mac, uuid: '00000000-0000-0000-0000-000000000000' })
    expect(asked).toEqual([
      {
        macAddress: mac,
        platform: 'uefi-x86_64',
        address: '10.77.0.50',
        systemUuid: uuid.toLowerCase(),
      },
      { macAddress: mac, platform: 'unknown', address: '10.77.0.50' },
    ])
  })

  test('reads what bootScriptUrl writes', async () => {
    const client = {
      macAddress: parseMacAddress(mac),
      platform: 'bios',
      systemUuid: 'a1b2c3d4-0000-4000-8000-0123456789ab',
    } as const
    const url = new URL(bootScriptUrl(baseUrl, client))
    const asked: ScriptClient[] = []
    await askScript(async (who) => {
      asked.push(who)
      return { ...facts, target: 'local-disk' }
    }, Object.fromEntries(url.searchParams))
    expect(url.pathname).toBe('/boot/script.ipxe')
    expect(asked).toEqual([{ ...client, address: '10.77.0.50' }])
  })
})
