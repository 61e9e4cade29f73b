import type { MacAddress } from '../../../base/mac-address.ts'
import type { Mapping, RenderedRole } from './seed-role.ts'
import { scriptFiles, startScripts, type SystemScript } from './system-scripts.ts'

/** Everything that a system learns on its first boot. */
export interface FirstBoot {
  /** New for every deployment: cloud-init then does its once-per-instance work again. */
  readonly instanceId: string
  readonly hostname: string
  readonly macAddress: MacAddress
  readonly sshAuthorizedKeys: readonly string[]
  readonly phoneHomeUrl: string
  /** The person's own `#cloud-config`, laid over the role's; what we set ourselves wins. */
  readonly userConfig: Mapping
  readonly role: RenderedRole
  /** Default none. */
  readonly scripts?: readonly SystemScript[]
}

/** `#cloud-config` with host name, keys and the address to call home to; or the role's script. */
export function userDataText(firstBoot: FirstBoot, encode: (value: Mapping) => string): string {
  const { role, userConfig, sshAuthorizedKeys, hostname, phoneHomeUrl } = firstBoot
  if (role.userScript !== undefined) return role.userScript
  const theirs = [role.userData, userConfig].flatMap(({ ssh_authorized_keys: keys }) =>
    Array.isArray(keys) ? (keys as string[]) : [],
  )
  const keys = [...theirs, ...sshAuthorizedKeys]
  return `#cloud-config\n${encode({
    ...role.userData,
    ...userConfig,
    hostname,
    ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys }),
    ...withScripts({ ...role.userData, ...userConfig }, firstBoot),
    phone_home: { url: phoneHomeUrl, post: ['instance_id', 'hostname'], tries: 30 },
  })}`
}

/** Files and commands behind those that are there already: a site's own come first. */
function withScripts(config: Mapping, { scripts = [], phoneHomeUrl }: FirstBoot): Mapping {
  if (scripts.length === 0) return {}
  const listOf = (value: Mapping[string] | undefined) => (Array.isArray(value) ? value : [])
  return {
    write_files: [...listOf(config['write_files']), ...scriptFiles(scripts, phoneHomeUrl)],
    runcmd: [...listOf(config['runcmd']), [...startScripts]],
  }
}
