/** What GRUB starts; paths as GRUB sees them on its own partition. */
export interface BootEntry {
  readonly kernel: string
  readonly initramfs: string
  /** In front of the recipe's own: what finds the root. */
  readonly rootArguments: readonly string[]
  readonly kernelArguments: readonly string[]
}

/** GRUB boots at once: whoever wants another kernel deploys another image. */
export function grubConfig(entry: BootEntry): string {
  const kernelArguments = [...entry.rootArguments, ...entry.kernelArguments].map(grubWord)
  return [
    'set timeout=0',
    `linux ${entry.kernel} ${kernelArguments.join(' ')}`,
    `initrd ${entry.initramfs}`,
    'boot',
    '',
  ].join('\n')
}

/** Bare, a semicolon would end GRUB's command; no recipe's argument has a quote in it. */
function grubWord(argument: string): string {
  return argument.includes(';') ? `'${argument}'` : argument
}

export function diskRootArguments(rootPartitionGuid: string): string[] {
  return [`root=PARTUUID=${rootPartitionGuid}`, 'ro']
}

export const memoryRootArguments: readonly string[] = ['boot=memory']

export interface VerityArguments {
  readonly rootPartitionGuid: string
  readonly verityPartitionGuid: string
  readonly statePartitionGuid: string
  /** 64 hex digits. */
  readonly rootHash: string
}

export function verityRootArguments(facts: VerityArguments): string[] {
  return [
    'boot=verity',
    'root=/dev/mapper/root',
    'ro',
    `repave.verity.data=PARTUUID=${facts.rootPartitionGuid}`,
    `repave.verity.tree=PARTUUID=${facts.verityPartitionGuid}`,
    `repave.verity.roothash=${facts.rootHash}`,
    `repave.state=PARTUUID=${facts.statePartitionGuid}`,
  ]
}
