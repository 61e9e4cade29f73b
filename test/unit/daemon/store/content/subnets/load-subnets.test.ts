import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { asciiBytes } from '../../../../../../src/base/ascii.ts'
import { loadSubnets } from '../../../../../../src/daemon/store/content/subnets/load-subnets.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-subnets-'))
  onTestFinished(() => rm(folder, { recursive: true }))
})

async function write(name: string, ...lines: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'subnets', name), { recursive: true })
  const text = [`name: ${name}`, ...lines, ''].join('\n')
  await writeFile(join(folder, 'subnets', name, 'subnet.yaml'), text)
}

/** Each fault as `name:line:column message`. */
async function faults(): Promise<string[]> {
  const found = (await loadSubnets([folder])).faults
  return found.map(({ file, line, column, message }) => {
    const name = file.split('/').at(-2)
    return `${name}:${line}:${column} ${message}`
  })
}

describe(loadSubnets, () => {
  test('refuses subnets that overlap', async () => {
    await write('a', 'network: 10.77.0.0/16', 'pools: [10.77.0.10-10.77.0.20]')
    await write('b', 'network: 10.77.8.0/24', 'pools: [10.77.8.10-10.77.8.20]')
    expect(await faults()).toEqual(['b:2:10 overlaps subnet a, 10.77.0.0/16'])
  })

  test('refuses a pool outside its subnet, and pools that overlap', async () => {
    await write(
      'a',
      'network: 10.77.0.0/24',
      'pools:',
      '  - 10.77.0.10-10.77.0.20',
      '  - 10.78.0.10-10.78.0.20',
      '  - 10.77.0.15-10.77.0.30',
    )
    expect(await faults()).toEqual([
      'a:5:5 the pool is not inside 10.77.0.0/24',
      'a:6:5 overlaps the pool 10.77.0.10-10.77.0.20',
    ])
  })

  test('refuses one address for two machines, and two for one', async () => {
    await write(
      'a',
      'network: 10.77.0.0/24',
      'reservations:',
      '  - { macAddress: "52:54:00:00:00:01", address: 10.77.0.5 }',
      '  - { macAddress: "52:54:00:00:00:02", address: 10.77.0.5 }',
      '  - { macAddress: "52-54-00-00-00-01", address: 10.77.0.6 }',
    )
    const found = await faults()
    expect(found).toHaveLength(2)
    expect(found.join('\n')).toMatch(/a:5:\d+ 10\.77\.0\.5 is reserved for two machines/)
    expect(found.join('\n')).toMatch(/a:6:\d+ mac-address 52:54:00:00:00:01 has a reservation/)
  })

  test('refuses a template with an unknown variable, and an unknown option', async () => {
    await write(
      'a',
      'network: 10.77.0.0/24',
      'pools: [10.77.0.10-10.77.0.20]',
      'options:',
      '  host-name: "{{ macdigits }}"',
      '  ntp-server: 10.0.0.1',
    )
    const found = await faults()
    expect(found[0]).toMatch(/^a:5:\d+ .*macdigits/)
    expect(found[1]).toMatch(/^a:6:\d+ no option "ntp-server", did you mean "ntp-servers"\?/)
  })

  test('fills templates with what a client sent', async () => {
    await write(
      'a',
      'network: 10.77.0.0/24',
      'pools: [10.77.0.10-10.77.0.20]',
      'options: { host-name: "node-{{ macDigits }}" }',
    )
    const [subnet] = (await loadSubnets([folder])).subnets
    const hostName = subnet?.options.get(12)
    if (hostName === undefined || hostName instanceof Uint8Array) throw new Error('no template')
    expect(hostName.render({ macDigits: '525400aabb01' })).toEqual(asciiBytes('node-525400aabb01'))
  })
})
