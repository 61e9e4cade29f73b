import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import type { RunParams } from '../../../../../src/contract/run.ts'
import { composeSeed } from '../../../../../src/daemon/domain/seed/compose-seed.ts'
import { cloudConfigReader } from '../../../../../src/daemon/store/content/cloud-config-reader.ts'
import { loadSeeds } from '../../../../../src/daemon/store/content/seeds/load-seeds.ts'
import { createMemoryImageStore } from '../../../../fakes/memory-image-store.ts'
import { noParams } from '../../../../fakes/no-params.ts'
import { deployTasks, machine, runWith } from '../workflow/run-fixtures.ts'

const { roles } = await loadSeeds(['.'], noParams)
const { stored: image } = createMemoryImageStore()
const phoneHomeUrl = 'http://10.77.0.1:8090/phone-home/abc'

const compose = (params: Partial<RunParams>, secrets: Record<string, string> = {}) =>
  composeSeed(
    {
      run: { ...runWith(deployTasks), params: { hostname: 'web-1', ...params } },
      ...{ machine, image, phoneHomeUrl },
    },
    {
      seedRole: (name) => roles.get(name),
      secretFiles: { read: async (name) => secrets[name] },
      cloudConfig: cloudConfigReader,
    },
  )

/** @throws when the seed could not be composed */
const filesOf = async (...args: Parameters<typeof compose>) => {
  const seed = await compose(...args)
  if (!seed.ok) throw new Error(seed.failure.message)
  return seed
}

describe(composeSeed, () => {
  it('fails when the role or its secret is gone, and says which', async () => {
    expect(await compose({ seed: 'gone' })).toMatchObject({
      failure: { code: 'ERR_SEED_NOT_FOUND' },
    })
    expect(await compose({ seed: 'linux-admin' })).toMatchObject({
      failure: {
        code: 'ERR_SEED_SECRET_MISSING',
        message: 'there is no secret called linux-admin-password-hash',
      },
    })
  })

  it('takes a word from the param of the machine that the seed names, over its default', async () => {
    const role = roles.get('linux-admin')
    if (role === undefined) throw new Error('it ships')
    const named = { ...role, machineParams: new Map([['adminUser', 'admin-user']]) }
    const over = { 'admin-user': { value: 'ops', from: 'profile:rack-a' } }
    const files = async (seedParams?: Record<string, string>) => {
      const params = { seed: 'linux-admin', ...(seedParams && { seedParams }) }
      const run = { ...runWith(deployTasks), params, frozenParams: { over, stages: {}, under: {} } }
      const seed = await composeSeed(
        { run, machine, image, phoneHomeUrl },
        {
          seedRole: () => named,
          secretFiles: { read: async () => 'hash' },
          cloudConfig: cloudConfigReader,
        },
      )
      return seed.ok ? seed.files['user-data'] : seed.failure.message
    }
    expect(await files()).toContain('"ops"')
    expect(await files({ adminUser: 'root2' })).toContain('"root2"')
  })

  it('C-N01, C-N03 gives a NoCloud volume with the deployment as its instance', async () => {
    const { label, files } = await filesOf({})
    expect(label).toBe('CIDATA')
    expect(Object.keys(files)).toEqual(['meta-data', 'user-data', 'network-config', 'vendor-data'])
    expect(parse(files['meta-data'] ?? '')).toMatchObject({
      'instance-id': runWith(deployTasks).id,
    })
  })

  it('fills the templates of a role with parameters and secrets; what a person wrote lies over it', async () => {
    const { files } = await filesOf(
      {
        seed: 'linux-admin',
        seedParams: { adminUser: 'ops' },
        sshAuthorizedKeys: ['ssh-ed25519 AAAA'],
        userData: '#cloud-config\ntimezone: Europe/Berlin\n',
      },
      { 'linux-admin-password-hash': '$6$"quoted": {hash}' },
    )
    expect(parse(files['user-data'] ?? '')).toEqual({
      user: {
        name: 'ops',
        groups: ['sudo'],
        shell: '/bin/bash',
        sudo: ['ALL=(ALL) NOPASSWD:ALL'],
        lock_passwd: false,
        passwd: '$6$"quoted": {hash}',
      },
      ssh_pwauth: false,
      timezone: 'Europe/Berlin',
      hostname: 'web-1',
      ssh_authorized_keys: ['ssh-ed25519 AAAA'],
      phone_home: { url: phoneHomeUrl, post: ['instance_id', 'hostname'], tries: 30 },
    })
  })

  it('C-N04 gives Windows a script that calls home, and the answers of its setup', async () => {
    const { label, files } = await filesOf(
      { seed: 'windows', seedParams: { timeZone: 'W. Europe Standard Time' } },
      { 'windows-administrator-password': `p<&>"'w` },
    )
    expect(label).toBe('CONFIG-2')
    expect(files['openstack/latest/user_data']).toBe(`#ps1_sysnative
Rename-Computer -NewName 'web-1' -Force
foreach ($try in 1..30) {
  try {
    Invoke-WebRequest -UseBasicParsing -Method Post -Uri '${phoneHomeUrl}'
    break
  } catch { Start-Sleep -Seconds 10 }
}
`)
    const { 'unattend.xml': unattend = '' } = files
    expect(unattend).toContain('<Value>p&#60;&#38;&#62;&#34;&#39;w</Value>')
    expect(unattend).toContain('<TimeZone>W. Europe Standard Time</TimeZone>')
    expect(unattend).toContain('<ComputerName>web-1</ComputerName>')
    expect(unattend.startsWith('<?xml version="1.0" encoding="utf-8"?>\n<unattend ')).toBe(true)
    expect(Object.keys(files).sort()).toEqual([
      'openstack/latest/meta_data.json',
      'openstack/latest/network_data.json',
      'openstack/latest/user_data',
      'unattend.xml',
    ])
  })
})
