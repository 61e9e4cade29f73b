import { describe, expect, it } from 'vitest'

import {
  adminCommandBytes,
  encodeAdminCommand,
  eraseCommand,
  identifyBytes,
  identifyCommand,
  readControllerAbilities,
} from '../../../../src/protocol/nvme/admin-command.ts'

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset)

describe(encodeAdminCommand, () => {
  it('puts every field where linux/nvme_ioctl.h has it', () => {
    const command = { opcode: 0x80, namespaceId: 3, dword10: 0x201, timeoutMs: 1234, dataBytes: 9 }
    const bytes = encodeAdminCommand(command)
    expect(bytes).toHaveLength(adminCommandBytes)
    const fields = [0, 4, 36, 40, 64].map((offset) => viewOf(bytes).getUint32(offset, true))
    expect(fields).toEqual([0x80, 3, 9, 0x201, 1234])
  })

  it('identifies a controller, or one namespace', () => {
    expect(identifyCommand('controller')).toMatchObject({ opcode: 6, dword10: 1, namespaceId: 0 })
    expect(identifyCommand('namespace', 2)).toMatchObject({ opcode: 6, dword10: 0, namespaceId: 2 })
  })
})

describe(readControllerAbilities, () => {
  it.each([
    [0b0000, 0b000, false, false],
    [0b0010, 0b000, true, false],
    [0b0010, 0b001, true, true],
    [0b0010, 0b010, true, true],
    [0b0010, 0b100, true, false],
  ])('of OACS %i and FNA %i', (oacs, fna, canFormat, formatsAll) => {
    const identify = new Uint8Array(identifyBytes)
    viewOf(identify).setUint16(256, oacs, true)
    identify[524] = fna
    expect(readControllerAbilities(identify)).toEqual({ canFormat, formatsAll })
  })
})

describe(eraseCommand, () => {
  it('erases user data and keeps block size, metadata and protection as they are', () => {
    const identify = new Uint8Array(identifyBytes)
    identify[26] = 0b1_0010
    identify[29] = 0b1_001
    const { opcode, namespaceId, dword10 } = eraseCommand(1, identify, 1000)
    expect([opcode, namespaceId]).toEqual([0x80, 1])
    expect(dword10).toBe(2 | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9))
  })
})
