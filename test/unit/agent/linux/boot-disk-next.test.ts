import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { bootDiskNext } from '../../../../src/agent/linux/boot-disk-next.ts'
import { encodeLoadOption } from '../../../../src/protocol/efi/load-option.ts'

const guid = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
const file = {
  partitionNumber: 2,
  firstSector: 4096,
  sectorCount: 131_072,
  partitionGuid: '00112233-4455-6677-8899-aabbccddeeff',
  path: '\\EFI\\BOOT\\BOOTX64.EFI',
}

describe(bootDiskNext, () => {
  let variables: string
  beforeEach(async () => {
    variables = await mkdtemp(join(tmpdir(), 'repave-efivars-'))
  })
  afterEach(async () => {
    await rm(variables, { recursive: true })
  })
  const firmwareEntry = async (number: string, description: string) => {
    const option = encodeLoadOption({ description, devicePath: Uint8Array.of(0x7f, 0xff, 4, 0) })
    await writeFile(
      join(variables, `Boot${number}-${guid}`),
      Buffer.concat([Uint8Array.of(7, 0, 0, 0), option]),
    )
  }
  const bootNext = async () => readFile(join(variables, `BootNext-${guid}`), 'hex')

  it('B26 fails where there are no firmware variables', async () => {
    await expect(bootDiskNext(file, join(variables, 'absent'))).rejects.toThrow(/ENOENT/)
  })

  it('takes the lowest free number and leaves the entries of the firmware alone', async () => {
    await firmwareEntry('0000', 'UiApp')
    await firmwareEntry('0001', 'UEFI PXEv4')
    await bootDiskNext(file, variables)
    expect(await bootNext()).toBe('070000000200')
    expect(await readdir(variables)).toHaveLength(4)
  })

  it('uses its own entry again at the next deployment', async () => {
    await bootDiskNext(file, variables)
    await firmwareEntry('0001', 'UEFI PXEv4')
    await bootDiskNext({ ...file, firstSector: 8192 }, variables)
    expect(await bootNext()).toBe('070000000000')
    expect(await readdir(variables)).toHaveLength(3)
  })

  it('ignores a damaged entry', async () => {
    await writeFile(join(variables, `Boot0000-${guid}`), Uint8Array.of(7))
    await bootDiskNext(file, variables)
    expect(await bootNext()).toBe('070000000100')
  })
})
