import { describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { Machine } from '../../../../../src/contract/machine.ts'
import type { Run } from '../../../../../src/contract/run.ts'
import {
  bootLoopCode,
  decideBoot,
  resolveBootFile,
} from '../../../../../src/daemon/domain/bootenv/resolve-boot.ts'
import { deployTasks, machine, runWith } from '../workflow/run-fixtures.ts'

const hosts = {
  provisioningUrl: 'http://10.77.0.1:8090',
  serverAddress: parseIpv4Address('10.77.0.1'),
}
const macAddress = parseMacAddress('52:54:00:aa:bb:01')

describe('resolveBootFile', () => {
  it('gives nothing to who did not ask, and nothing to a platform without a program', () => {
    const none = { macAddress, platform: 'bios', kind: 'none' } as const
    expect(resolveBootFile(none, hosts).kind).toBe('none')
    for (const platform of ['uefi-aarch64', 'unknown'] as const) {
      const answer = resolveBootFile({ macAddress, platform, kind: 'firmware' }, hosts)
      expect(answer).toMatchObject({ kind: 'none' })
      expect(answer.because).toContain(platform)
    }
  })

  it('gives firmware the program of its platform', () => {
    const fileFor = (platform: 'bios' | 'uefi-x86_64') =>
      resolveBootFile({ macAddress, platform, kind: 'firmware' }, hosts)
    expect(fileFor('bios')).toMatchObject({ bootFileName: 'ipxe/undionly.kpxe' })
    expect(fileFor('uefi-x86_64')).toMatchObject({
      bootFileName: 'ipxe/snponly.efi',
      serverAddress: '10.77.0.1',
    })
  })

  it('gives iPXE a script, never a program again', () => {
    const client = { macAddress, platform: 'bios', kind: 'ipxe', systemUuid: 'abc-1' } as const
    expect(resolveBootFile(client, hosts)).toMatchObject({
      bootFileName:
        'http://10.77.0.1:8090/boot/script.ipxe?mac=52:54:00:aa:bb:01&platform=bios&uuid=abc-1',
    })
  })
})

describe('decideBoot', () => {
  const deployed: Machine = { ...machine, state: 'deployed', imageName: 'debian-12' }
  const at = (taskIndex: number): Run => ({
    ...runWith(deployTasks),
    state: 'running',
    taskIndex,
  })

  it('E11: holds a machine that keeps coming back, whatever else is true', () => {
    for (const situation of [{ machine }, { machine: deployed }, { machine, run: at(2) }]) {
      const decision = decideBoot({ ...situation, recentBoots: 6 })
      expect(decision).toMatchObject({ target: 'hold' })
      expect(decision.because).toContain('6 times in 10 min')
      expect(decideBoot({ ...situation, recentBoots: 5 }).target).not.toBe('hold')
    }
  })

  it('keeps a run that is held for a boot loop on hold until a person lets it go', () => {
    const failure = { code: bootLoopCode, message: 'again and again', retryable: false }
    const run: Run = { ...at(5), state: 'held', failure }
    expect(decideBoot({ machine, run, recentBoots: 1 }).target).toBe('hold')
    const other: Run = { ...at(2), state: 'held', failure: { ...failure, code: 'ERR_X' } }
    expect(decideBoot({ machine, run: other, recentBoots: 1 }).target).toBe('sledgehammer')
  })

  it('E10: a deployed machine that boots from the network unasked boots its disk', () => {
    const decision = decideBoot({ machine: deployed, recentBoots: 1 })
    expect(decision).toEqual({ target: 'local-disk', because: 'debian-12 is deployed' })
  })

  it('a machine that is built anew on every boot is, but not by the first boot of what was written', () => {
    const rebuilt: Machine = { ...deployed, onBoot: 'reprovision' }
    expect(decideBoot({ machine: rebuilt, recentBoots: 1 }).target).toBe('reprovision')
    expect(decideBoot({ machine: rebuilt, run: at(5), recentBoots: 1 }).target).toBe('local-disk')
    expect(decideBoot({ machine: rebuilt, recentBoots: 6 }).target).toBe('hold')
  })

  it('a run that needs sledgehammer gets it; one that waits for the first boot does not', () => {
    expect(decideBoot({ machine: deployed, run: at(0), recentBoots: 1 }).target).toBe(
      'sledgehammer',
    )
    expect(decideBoot({ machine, run: at(4), recentBoots: 1 }).target).toBe('sledgehammer')
    expect(decideBoot({ machine, run: at(5), recentBoots: 1 }).target).toBe('local-disk')
  })

  it('a machine without a run gets sledgehammer and is told that nothing is touched', () => {
    for (const state of ['discovering', 'ready', 'failed'] as const) {
      const decision = decideBoot({ machine: { ...machine, state }, recentBoots: 1 })
      expect(decision.target).toBe('sledgehammer')
      expect(decision.because).toContain('touches no disk')
    }
  })
})
