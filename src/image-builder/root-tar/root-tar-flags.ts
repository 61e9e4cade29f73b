import { MEBIBYTE, readByteSize } from '../../base/byte-size.ts'
import { nameSchema } from '../../contract/values.ts'
import type { RootTarOptions } from './build-from-root.ts'

/** Flags of `repave image build` that speak of `--root-tar`. */
export interface RootTarFlags {
  readonly rootTar?: string
  readonly name?: string
  readonly version?: string
  readonly size?: string
  readonly kernelArguments: string
}

type RootTarWishes = Pick<
  RootTarOptions,
  'tarFile' | 'name' | 'version' | 'imageBytes' | 'kernelArguments'
>

/** What is wanted, or a sentence about what is wrong with it. */
export function readRootTarFlags(flags: RootTarFlags): RootTarWishes | string {
  const { rootTar: tarFile, version, size } = flags
  if (tarFile === undefined) return '--root-tar names the archive'
  const name = nameSchema.safeParse(flags.name)
  if (!name.success) return '--name NAME: lower-case letters, digits, "-" and "."'
  const imageBytes = size === undefined ? undefined : readByteSize(size)
  if (size !== undefined && (imageBytes === undefined || imageBytes % MEBIBYTE !== 0)) {
    return `--size ${size}: expected whole MiB, such as "2 GiB"`
  }
  const kernelArguments = flags.kernelArguments.split(/\s+/).filter((word) => word !== '')
  const odd = kernelArguments.find((word) => !/^[\w.,:=/@+-]+$/.test(word))
  if (odd !== undefined) return `--kernel-arguments: ${JSON.stringify(odd)} is no kernel argument`
  return {
    ...{ tarFile, name: name.data, kernelArguments },
    ...(version === undefined ? {} : { version }),
    ...(imageBytes === undefined ? {} : { imageBytes }),
  }
}
