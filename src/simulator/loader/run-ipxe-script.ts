import { NetworkBootError } from '../errors.ts'

/** What the loader stands on. */
export interface LoaderWorld {
  readonly firmware: 'bios' | 'uefi'
  /** @throws {NetworkBootError} */
  readonly fetch: (url: string) => Promise<Buffer>
  readonly hasBootableDisk: () => boolean
  /** To the machine's console. */
  readonly say: (line: string) => void
  readonly sleep: (seconds: number) => Promise<void>
}

/** How a script has ended. */
export type LoaderEnd =
  /** The kernel runs. */
  | { readonly kind: 'kernel'; readonly commandLine: string; readonly initramfs: Buffer }
  /** The disk's boot sector runs. */
  | { readonly kind: 'disk' }
  /** Back to the firmware, which goes on to its next boot entry. */
  | { readonly kind: 'exit' }
  | { readonly kind: 'reboot' }

interface LoaderState {
  lines: readonly string[]
  next: number
  commandLine: string | undefined
  initramfs: Buffer | undefined
  end: LoaderEnd | undefined
}

/**
 * Runs a script as iPXE would, as far as it uses the commands that we serve: kernel, initrd, boot, chain,
 * sanboot, sleep, echo, goto, iseq, reboot and exit, with `&&`, `||` and labels.
 */
export async function runIpxeScript(url: string, world: LoaderWorld): Promise<LoaderEnd> {
  const state: LoaderState = {
    lines: linesOf(await world.fetch(url)),
    next: 0,
    commandLine: undefined,
    initramfs: undefined,
    end: undefined,
  }
  while (state.end === undefined) {
    const line = state.lines[state.next++]
    if (line === undefined) return { kind: 'exit' }
    await runLine(line, state, world)
  }
  return state.end
}

function linesOf(script: Buffer): readonly string[] {
  const lines = script.toString('latin1').split('\n')
  if (lines[0] !== '#!ipxe') throw new NetworkBootError('what came is no iPXE script')
  return lines.map((line) => line.trim())
}

/** A failure that the line does not provide for ends the script. */
async function runLine(line: string, state: LoaderState, world: LoaderWorld): Promise<void> {
  if (line === '' || line.startsWith('#') || line.startsWith(':')) return
  const [attempt = '', rescue] = line.split(/\s*\|\|\s*/, 2)
  try {
    for (const command of attempt.split(/\s*&&\s*/)) await runCommand(command, state, world)
  } catch (error) {
    if (!(error instanceof NetworkBootError)) throw error
    world.say(error.message)
    if (rescue === undefined) state.end = { kind: 'exit' }
    else if (rescue !== '') await runCommand(rescue, state, world)
  }
}

async function runCommand(command: string, state: LoaderState, world: LoaderWorld): Promise<void> {
  const [name = '', ...words] = command.split(/\s+/)
  const [url = '', ...others] = withoutOptions(words)
  switch (name) {
    case 'echo':
      return world.say(words.join(' '))
    case 'sleep':
      return world.sleep(Number(words[0]))
    case 'goto':
      state.next = Math.max(0, state.lines.indexOf(`:${words[0]}`))
      return
    case 'kernel':
      await world.fetch(url)
      state.commandLine = others.join(' ')
      return
    case 'initrd':
      state.initramfs = await world.fetch(url)
      return
    case 'chain':
      Object.assign(state, { lines: linesOf(await world.fetch(url)), next: 0 })
      return
    case 'iseq':
      if ((world.firmware === 'uefi') !== (words[1] === 'efi')) throw new NetworkBootError('')
      return
    default:
      state.end = endOf(name, state, world)
  }
}

function endOf(name: string, state: LoaderState, world: LoaderWorld): LoaderEnd {
  switch (name) {
    case 'boot':
      if (state.commandLine === undefined || state.initramfs === undefined) {
        throw new NetworkBootError('nothing to boot')
      }
      return { kind: 'kernel', commandLine: state.commandLine, initramfs: state.initramfs }
    case 'sanboot':
      if (!world.hasBootableDisk()) throw new NetworkBootError('the disk does not boot')
      return { kind: 'disk' }
    case 'exit':
      return { kind: 'exit' }
    case 'reboot':
      return { kind: 'reboot' }
    default:
      throw new NetworkBootError(`${name}: command not found`)
  }
}

/** Without `--replace`, and without `--name` and `--drive` together with their values. */
function withoutOptions(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => {
    const before = words[index - 1]
    return !word.startsWith('--') && before !== '--name' && before !== '--drive'
  })
}
