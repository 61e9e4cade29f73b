export interface BootFacts {
  readonly rootPartitionGuid: string
  readonly kernelArguments: readonly string[]
}

/** GRUB boots at once: whoever wants another kernel deploys another image. */
export function grubConfig({ rootPartitionGuid, kernelArguments }: BootFacts): string {
  const root = `root=PARTUUID=${rootPartitionGuid}`
  return [
    'set timeout=0',
    `linux /vmlinuz ${[root, 'ro', ...kernelArguments].join(' ')}`,
    'initrd /initrd.img',
    'boot',
    '',
  ].join('\n')
}

export function fileSystemTable({ rootPartitionGuid }: BootFacts): string {
  const options = 'defaults,errors=remount-ro,x-systemd.growfs'
  return `PARTUUID=${rootPartitionGuid} / ext4 ${options} 0 1\n`
}
