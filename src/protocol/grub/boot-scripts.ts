import { grubText, grubWord } from './grub-words.ts'

/** Shown on the machine's console. */
export interface GrubBootReason {
  readonly machineName: string
  /** Why the machine boots this. */
  readonly because: string
}

export interface GrubSledgehammerBoot extends GrubBootReason {
  /** As GRUB names files: `(tftp,10.77.0.1)/boot/x`, or `/x` on the disk it was started from. */
  readonly kernelFile: string
  readonly initramfsFile: string
  readonly kernelArguments: readonly string[]
}

const retrySeconds = 10
/** Where UEFI firmware looks for the loader of a disk it knows nothing of (UEFI 2.10 §3.5.1.1). */
const diskLoader = '/EFI/BOOT/BOOTX64.EFI'

/**
 * What GRUB reads first from the network, the same for every machine: asks for the machine's own script,
 * and asks again for as long as none comes or what it says fails, so that nobody ever gets a prompt.
 *
 * @param scriptFile to which the machine's address is added: `(tftp,10.77.0.1)/boot/script.grub`
 * @throws {GrubUnsafeWordError} when it is not one plain word
 */
export function startScript(scriptFile: string): string {
  // The word ends its quotes before the variables, which need quotes of their own kind.
  const query = '"?mac=${net_default_mac}&platform=uefi-x86_64&uuid=${uuid}"'
  return lines([
    'smbios --type 1 --get-uuid 8 --set uuid',
    'while true; do',
    `source ${grubWord(scriptFile)}${query}`,
    `echo ${grubText(`Repave: nothing was booted (see above), asking again in ${retrySeconds} seconds`)}`,
    `sleep ${retrySeconds}`,
    'done',
  ])
}

/** A script that stands alone on its disk: whatever comes of it, the machine boots again and asks anew. */
export function loneScript(script: string): string {
  const failure = `Repave: nothing was booted (see above), rebooting in ${retrySeconds} seconds`
  return `${script}${lines([`echo ${grubText(failure)}`, `sleep ${retrySeconds}`, 'reboot'])}`
}

/**
 * Boots the in-RAM Linux; when that fails the script simply ends.
 *
 * @throws {GrubUnsafeWordError} when a file or an argument is not one plain word
 */
export function sledgehammerScript(boot: GrubSledgehammerBoot): string {
  const kernel = [boot.kernelFile, ...boot.kernelArguments].map(grubWord).join(' ')
  return lines([
    ...headline(boot, 'boots sledgehammer'),
    `if linux ${kernel}; then`,
    `if initrd ${grubWord(boot.initramfsFile)}; then boot; fi`,
    'fi',
  ])
}

/**
 * Starts the loader of the first GPT disk that has one. GRUB could only leave with success, after which
 * firmware shows its setup menu instead of going on to the disk (UEFI 2.10 §3.1.1).
 */
export function localDiskScript(reason: GrubBootReason): string {
  return lines([
    ...headline(reason, 'boots from its disk'),
    `for loader in (*,gpt*)${diskLoader}; do`,
    // With Secure Boot GRUB tells the loader that it came from $root, whatever the file's name says.
    `regexp --set=1:root '^.([^)]+)' "\${loader}"`,
    `if chainloader ${diskLoader}; then boot; fi`,
    'done',
  ])
}

/** Shows for a while why nothing boots. */
export function holdScript(hold: GrubBootReason & { readonly retrySeconds: number }): string {
  return lines([
    ...headline(hold, 'is held and boots nothing'),
    `echo ${grubText(`Repave: asking again in ${hold.retrySeconds} seconds`)}`,
    `sleep ${Math.max(0, Math.trunc(hold.retrySeconds))}`,
  ])
}

function headline({ machineName, because }: GrubBootReason, what: string): string[] {
  return [
    `echo ${grubText(`Repave: ${machineName} ${what}`)}`,
    `echo ${grubText(`Reason: ${because}`)}`,
  ]
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
