import { ipxeText, ipxeWord } from './ipxe-words.ts'

/** What happens when a command fails; without it iPXE ends the script there. */
type OnFailure = { readonly onFailure?: 'go on' | { readonly goto: string } }

/** One line of a script; only commands that every iPXE since 2012 has. */
export type IpxeLine =
  | { readonly command: 'label'; readonly name: string }
  | { readonly command: 'echo'; readonly text: string }
  | ({ readonly command: 'sleep'; readonly seconds: number } & OnFailure)
  | ({
      readonly command: 'kernel' | 'initrd'
      readonly url: string
      /** Name of the image within iPXE, to which `initrd=NAME` refers under UEFI. */
      readonly name: string
      readonly kernelArguments?: readonly string[]
    } & OnFailure)
  /** Starts what `kernel` and `initrd` have fetched. */
  | ({ readonly command: 'boot' } & OnFailure)
  /** Goes on with the script at `url` in the place of this one. */
  | ({ readonly command: 'chain'; readonly url: string } & OnFailure)
  /** Boots the first BIOS disk. */
  | ({ readonly command: 'boot-bios-disk' } & OnFailure)
  | ({ readonly command: 'reboot' } & OnFailure)
  | { readonly command: 'goto'; readonly label: string }
  /** Leaves iPXE; another status than 0 makes UEFI firmware try its next boot entry. */
  | { readonly command: 'exit'; readonly status: number }
  | { readonly command: 'exit-under-uefi'; readonly status: number }

/** @throws {IpxeUnsafeWordError} when a URL, a name or an argument would mean something else to iPXE */
export function renderIpxeScript(lines: readonly IpxeLine[]): string {
  return ['#!ipxe', ...lines.map(renderLine), ''].join('\n')
}

function renderLine(line: IpxeLine): string {
  const command = renderCommand(line)
  if (!('onFailure' in line) || line.onFailure === undefined) return command
  if (line.onFailure === 'go on') return `${command} ||`
  return `${command} || goto ${ipxeWord(line.onFailure.goto)}`
}

function renderCommand(line: IpxeLine): string {
  switch (line.command) {
    case 'label':
      return `:${ipxeWord(line.name)}`
    case 'echo':
      return `echo ${ipxeText(line.text)}`
    case 'sleep':
      return `sleep ${wholeNumber(line.seconds)}`
    case 'kernel':
    case 'initrd':
      return [line.command, '--name', line.name, line.url, ...(line.kernelArguments ?? [])]
        .map(ipxeWord)
        .join(' ')
    case 'chain':
      return `chain --replace ${ipxeWord(line.url)}`
    case 'boot-bios-disk':
      return 'sanboot --no-describe --drive 0x80'
    case 'goto':
      return `goto ${ipxeWord(line.label)}`
    case 'exit':
      return `exit ${wholeNumber(line.status)}`
    case 'exit-under-uefi':
      return `iseq \${platform} efi && exit ${wholeNumber(line.status)} ||`
    case 'boot':
    case 'reboot':
      break
  }
  return line.command
}

function wholeNumber(value: number): string {
  return String(Math.max(0, Math.trunc(value)))
}
