import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { eraseAta, readAtaSecurity } from '../../../../src/agent/erase/ata-security-erase.ts'
import { sampleDisk } from '../../../fakes/sample-disk.ts'

/** As hdparm 9.65 prints it. */
const section = (lines: readonly string[]) => `
ATA device, with non-removable media
Capabilities:
\tLBA, IORDY(can be disabled)
Security: 
\tMaster password revision code = 65534
${lines.join('\n')}
\t2min for SECURITY ERASE UNIT. 2min for ENHANCED SECURITY ERASE UNIT.
Logical Unit WWN Device Identifier: 5002538d40000000
\t\tsupported: enhanced erase
`
const usual = ['\t\tsupported', '\tnot\tenabled', '\tnot\tlocked', '\tnot\tfrozen']

describe(readAtaSecurity, () => {
  it('reads what holds, and what does not', () => {
    expect(readAtaSecurity(section(usual))).toEqual({
      isSupported: true,
      isEnabled: false,
      isFrozen: false,
      hasEnhanced: false,
    })
    const other = ['\t\tsupported', '\t\tenabled', '\t\tfrozen', '\t\tsupported: enhanced erase']
    expect(readAtaSecurity(section(other))).toEqual({
      isSupported: true,
      isEnabled: true,
      isFrozen: true,
      hasEnhanced: true,
    })
    expect(readAtaSecurity(section(['\tnot\tsupported'])).isSupported).toBe(false)
    expect(readAtaSecurity('no such section').isSupported).toBe(false)
  })
})

describe(eraseAta, () => {
  const path = process.env['PATH']
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hdparm-'))
    process.env['PATH'] = `${directory}${delimiter}${path}`
  })
  afterEach(() => {
    process.env['PATH'] = path
    rmSync(directory, { recursive: true })
  })

  /** A drive behind an hdparm that notes its words, and fails at those that hold `failing`. */
  const drive = (lines: readonly string[], failing = 'nothing') => {
    const file = (name: string) => join(directory, name)
    writeFileSync(file('identify'), section(lines))
    writeFileSync(
      file('hdparm'),
      `#!/bin/sh
case "$*" in *${failing}*) echo "$@" >> ${file('words')}; echo "SG_IO: bad/missing sense data" >&2; exit 5;; esac
if [ "$1" = -I ]; then cat ${file('identify')}; else echo "$@" >> ${file('words')}; fi
`,
    )
    chmodSync(file('hdparm'), 0o755)
    return () => readFileSync(file('words'), 'utf8').trim().split('\n')
  }
  const disk = sampleDisk({ name: 'sda', path: '/dev/sda', transport: 'sata' })
  const erase = () => eraseAta(disk, '/dev/sda')

  it('leaves a drive alone that has no such command, or that firmware has frozen', async () => {
    drive(['\tnot\tsupported'])
    await expect(erase()).rejects.toThrow('it has no security erase')
    const frozen = ['\t\tsupported', '\tnot\tenabled', '\t\tfrozen']
    drive(frozen)
    await expect(erase()).rejects.toThrow('switch the machine off and on')
  })

  it('takes the password back from a drive that would not erase', async () => {
    const words = drive(usual, 'security-erase')
    await expect(erase()).rejects.toMatchObject({ code: 'ERR_DRIVE_ERASE' })
    expect(words().at(-1)).toBe('--user-master u --security-disable repave /dev/sda')
  })

  it('sets a password and erases, in the way that reaches most', async () => {
    const words = drive([...usual, '\t\tsupported: enhanced erase'])
    await erase()
    expect(words()).toEqual([
      '--user-master u --security-set-pass repave /dev/sda',
      '--user-master u --security-erase-enhanced repave /dev/sda',
    ])
  })

  it('goes on with a drive that a power cut left locked with its password', async () => {
    const words = drive(['\t\tsupported', '\t\tenabled', '\t\tlocked', '\tnot\tfrozen'])
    await erase()
    expect(words()).toEqual(['--user-master u --security-erase repave /dev/sda'])
  })
})
