/** Processor architectures we boot, in the kernel's words (`uname -m`). */
export const cpuArchs = ['x86_64', 'aarch64'] as const
export type CpuArch = (typeof cpuArchs)[number]
