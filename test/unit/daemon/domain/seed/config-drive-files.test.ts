import { describe, expect, it } from 'vitest'

import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import { configDriveFiles } from '../../../../../src/daemon/domain/seed/config-drive-files.ts'
import { plainRole } from '../../../../../src/daemon/domain/seed/seed-role.ts'

const firstBoot = {
  instanceId: 'run-1',
  hostname: 'web-1',
  macAddress: parseMacAddress('52:54:00:00:00:01'),
  sshAuthorizedKeys: ['ssh-ed25519 AAAA', 'ssh-ed25519 BBBB'],
  userConfig: {},
  role: plainRole,
  phoneHomeUrl: 'http://10.77.0.1:8090/phone-home/abc',
}

describe(configDriveFiles, () => {
  it('C-N03 no role gives a machine another identity than that of its deployment', () => {
    const role = { ...plainRole, metaData: { uuid: 'always-the-same', extra: 1 } }
    const files = configDriveFiles({ ...firstBoot, role })
    expect(JSON.parse(files['openstack/latest/meta_data.json'] ?? '')).toMatchObject({
      uuid: 'run-1',
      extra: 1,
    })
  })

  it('gives the files of an OpenStack configuration drive, byte for byte', () => {
    expect(configDriveFiles(firstBoot)).toEqual({
      'openstack/latest/meta_data.json': `{
 "hostname": "web-1",
 "name": "web-1",
 "public_keys": {
  "key-0": "ssh-ed25519 AAAA",
  "key-1": "ssh-ed25519 BBBB"
 },
 "uuid": "run-1"
}
`,
      'openstack/latest/user_data': `#cloud-config
{
 "hostname": "web-1",
 "ssh_authorized_keys": [
  "ssh-ed25519 AAAA",
  "ssh-ed25519 BBBB"
 ],
 "phone_home": {
  "url": "http://10.77.0.1:8090/phone-home/abc",
  "post": [
   "instance_id",
   "hostname"
  ],
  "tries": 30
 }
}
`,
      'openstack/latest/network_data.json': `{
 "links": [
  {
   "id": "boot",
   "type": "phy",
   "ethernet_mac_address": "52:54:00:00:00:01"
  }
 ],
 "networks": [
  {
   "id": "boot-ipv4",
   "link": "boot",
   "type": "ipv4_dhcp"
  }
 ],
 "services": []
}
`,
    })
  })
})
