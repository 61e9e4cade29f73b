import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadSignedPrograms } from '../../../../../src/daemon/servers/boot-files/signed-programs.ts'
import { efiProgram } from '../../../../fakes/efi-program.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'repave-signed-programs-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const load = (program: Uint8Array) => {
  const path = join(folder, 'shim.efi')
  writeFileSync(path, program)
  return loadSignedPrograms({ 'grub/shimx64.efi': path })
}

describe(loadSignedPrograms, () => {
  it.each([
    ['is revoked', efiProgram({ sbat: 'sbat,1\nshim,3\n' })],
    ['is unsigned', efiProgram({ sbat: 'sbat,1\nshim,4\n', isSigned: false })],
    ['is older than generations', efiProgram({})],
    ['is no program', Buffer.from('#!ipxe')],
  ])('I16 publishes no shim that %s', async (_name, program) => {
    await expect(load(program)).rejects.toMatchObject({ code: 'ERR_BOOT_PROGRAM_REFUSED' })
  })

  it('publishes a current one, and nothing where there is none', async () => {
    const program = efiProgram({ sbat: 'sbat,1\nshim,4\n' })
    expect([...((await load(program))?.digests.keys() ?? [])]).toEqual(['grub/shimx64.efi'])
    const none = await loadSignedPrograms({ 'grub/shimx64.efi': join(folder, 'none') })
    expect(none).toBeUndefined()
  })

  it("takes what Debian's packages have put on this machine, where they are installed", async () => {
    const programs = await loadSignedPrograms()
    expect([undefined, 2]).toContain(programs?.digests.size)
  })
})
