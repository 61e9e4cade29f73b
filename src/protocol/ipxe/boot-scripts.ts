import { type IpxeLine, renderIpxeScript } from './ipxe-script.ts'

/** Shown on the machine's console. */
export interface BootScriptReason {
  readonly machineName: string
  /** Why the machine boots this. */
  readonly because: string
}

export interface SledgehammerBoot extends BootScriptReason {
  readonly kernelUrl: string
  readonly initramfsUrl: string
  readonly kernelArguments: readonly string[]
}

export interface Hold extends BootScriptReason {
  readonly retrySeconds: number
  /** Where to ask again. */
  readonly scriptUrl: string
}

const secondsBeforeReboot = 10
const secondsBeforeRetry = 10
const initramfsName = 'initramfs.zst'

/**
 * What iPXE reads first: asks for the machine's own script, and asks again for as long as none comes,
 * so that an error of the server never ends at a prompt.
 *
 * @throws {IpxeUnsafeWordError} when the URL is not one plain word
 */
export function startScript(scriptUrl: string): string {
  return renderIpxeScript([
    { command: 'label', name: 'ask' },
    { command: 'chain', url: scriptUrl, onFailure: 'go on' },
    {
      command: 'echo',
      text: `Repave: no boot script (see above), asking again in ${secondsBeforeRetry} seconds`,
    },
    { command: 'sleep', seconds: secondsBeforeRetry, onFailure: 'go on' },
    { command: 'goto', label: 'ask' },
  ])
}

/**
 * Boots the in-RAM Linux. Whatever fails is left on the screen for ten seconds, then the machine
 * starts anew: it never stops at a prompt.
 *
 * @throws {IpxeUnsafeWordError} when a URL or an argument is not one plain word
 */
export function sledgehammerScript(boot: SledgehammerBoot): string {
  const onFailure = { goto: 'failed' }
  return renderIpxeScript([
    ...headline(boot, 'boots sledgehammer'),
    {
      command: 'kernel',
      name: 'vmlinuz',
      url: boot.kernelUrl,
      // Linux's EFI stub finds its initramfs by this name; under BIOS it means nothing.
      kernelArguments: [`initrd=${initramfsName}`, ...boot.kernelArguments],
      onFailure,
    },
    { command: 'initrd', name: initramfsName, url: boot.initramfsUrl, onFailure },
    { command: 'boot', onFailure },
    { command: 'label', name: 'failed' },
    {
      command: 'echo',
      text: `Repave: sledgehammer could not be loaded (see above), rebooting in ${secondsBeforeReboot} seconds`,
    },
    { command: 'sleep', seconds: secondsBeforeReboot, onFailure: 'go on' },
    { command: 'reboot', onFailure: 'go on' },
    { command: 'goto', label: 'failed' },
  ])
}

/**
 * Hands the machine to its disk. Under UEFI iPXE ends with an error, because the firmware goes on to
 * its next boot entry only then and shows its setup menu after a success (UEFI 2.10 §3.1.1); under
 * BIOS the boot sector of the first disk is started, and the BIOS goes on by itself if there is none.
 */
export function localDiskScript(reason: BootScriptReason): string {
  return renderIpxeScript([
    ...headline(reason, 'boots from its disk'),
    { command: 'exit-under-uefi', status: 1 },
    { command: 'boot-bios-disk', onFailure: 'go on' },
    { command: 'exit', status: 0 },
  ])
}

/**
 * Shows why nothing boots, and asks again after `retrySeconds`, for as long as it takes.
 *
 * @throws {IpxeUnsafeWordError} when the URL is not one plain word
 */
export function holdScript(hold: Hold): string {
  return renderIpxeScript([
    { command: 'label', name: 'page' },
    ...headline(hold, 'is held and boots nothing'),
    { command: 'echo', text: `Repave: asking again in ${hold.retrySeconds} seconds` },
    { command: 'sleep', seconds: hold.retrySeconds, onFailure: 'go on' },
    { command: 'chain', url: hold.scriptUrl, onFailure: { goto: 'page' } },
  ])
}

function headline({ machineName, because }: BootScriptReason, what: string): IpxeLine[] {
  return [
    { command: 'echo', text: `Repave: ${machineName} ${what}` },
    { command: 'echo', text: `Reason: ${because}` },
  ]
}
