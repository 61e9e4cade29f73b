/** What a boot loader would start; paths from the root of the file system that its configuration is on. */
export interface GrubEntry {
  readonly kernel: string
  readonly initramfs: string
  readonly kernelArguments: string
}

/**
 * The first kernel that a `grub.cfg` starts with one initramfs. Undefined where that takes more than
 * reading: variables in the command, or several files to load.
 */
export function readGrubEntry(text: string): GrubEntry | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  const kernelLine = lines.find((line) => /^linux(?:efi|16)?\s/.test(line))
  const initramfsLine = lines.find((line) => /^initrd(?:efi|16)?\s/.test(line))
  const [, kernel, ...kernelArguments] = wordsOf(kernelLine)
  const [, initramfs, ...others] = wordsOf(initramfsLine)
  if (kernel === undefined || initramfs === undefined || others.length > 0) return undefined
  const all = [kernel, initramfs, ...kernelArguments]
  if (all.some((word) => word.includes('$'))) return undefined
  return { kernel, initramfs, kernelArguments: kernelArguments.join(' ') }
}

/** Single and double quotes hold a word together and are no part of it. */
function wordsOf(line = ''): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/['"]/g, ''),
  )
}
