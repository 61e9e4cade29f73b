import { type FirstBoot, userDataText } from './first-boot.ts'
import type { Mapping } from './seed-role.ts'

/**
 * The files of an OpenStack configuration drive, as cloud-init and cloudbase-init (Windows) read it.
 *
 * https://docs.openstack.org/nova/latest/user/metadata.html
 */
export function configDriveFiles(firstBoot: FirstBoot): Record<string, string> {
  const { role, instanceId, hostname, sshAuthorizedKeys } = firstBoot
  const { vendorData, networkConfig = dhcpOnBootInterface(firstBoot) } = role
  const publicKeys = sshAuthorizedKeys.map((key, index) => [`key-${index}`, key])
  const metaData = {
    hostname,
    name: hostname,
    ...(publicKeys.length === 0 ? {} : { public_keys: Object.fromEntries(publicKeys) as Mapping }),
    ...role.metaData,
    uuid: instanceId,
  }
  return {
    ...role.files,
    'openstack/latest/meta_data.json': json(metaData),
    'openstack/latest/user_data': userDataText(firstBoot, json),
    'openstack/latest/network_data.json': json(networkConfig),
    ...(vendorData === undefined ? {} : { 'openstack/latest/vendor_data.json': json(vendorData) }),
  }
}

function dhcpOnBootInterface({ macAddress }: FirstBoot): Mapping {
  return {
    links: [{ id: 'boot', type: 'phy', ethernet_mac_address: macAddress }],
    networks: [{ id: 'boot-ipv4', link: 'boot', type: 'ipv4_dhcp' }],
    services: [],
  }
}

function json(value: Mapping): string {
  return `${JSON.stringify(value, null, 1)}\n`
}
