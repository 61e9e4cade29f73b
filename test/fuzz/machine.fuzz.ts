import { asciiBytes, latin1Text } from '../../src/base/ascii.ts'
import { BootParametersError, readBootParameters } from '../../src/agent/linux/boot-parameters.ts'
import { decodeSmbiosTable } from '../../src/agent/linux/smbios-table.ts'
import { agentToDaemonSchema } from '../../src/contract/agent-frames.ts'
import { operatorToDaemonSchema } from '../../src/contract/operator-frames.ts'
import { readManifest } from '../../src/contract/read-manifest.ts'
import {
  readLoadOptionDescription,
  readLoadOptionPath,
} from '../../src/protocol/efi/load-option.ts'
import { decodeBackupGpt, decodeGpt } from '../../src/protocol/gpt/decode-gpt.ts'
import { encodeGpt } from '../../src/protocol/gpt/encode-gpt.ts'
import { readBootImage } from '../../src/protocol/pe/read-boot-image.ts'
import { efiProgram } from '../fakes/efi-program.ts'
import { sampleTable } from '../fakes/sample-gpt.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const gpt = encodeGpt(sampleTable())
/** An active option called `disk` with a hard drive's path and its end. */
const loadOption = Uint8Array.of(
  ...[1, 0, 0, 0, 8, 0, 0x64, 0, 0x69, 0, 0x73, 0, 0x6b, 0, 0, 0],
  ...[4, 1, 4, 0, 0x7f, 0xff, 4, 0],
)
/** System information with four strings, and the end of the table. */
const smbios = Uint8Array.of(
  ...[1, 27, 0, 0, 1, 2, 0, 3, ...Array.from({ length: 16 }, (_, index) => index), 6, 0, 4],
  ...asciiBytes('QEMU\0Standard PC\0SN-1\0family\0\0'),
  ...[127, 4, 1, 0, 0, 0],
)
const jsonTexts = [
  '{"frame":"hello","protocol":1,"token":"x","publicKey":"y"}',
  '{"frame":"subscribe","topics":["machine.*.*"],"since":0}',
  '{"version":1,"name":"a","rawBytes":4096,"chunkBytes":4194304,"chunks":[]}',
].map(asciiBytes)

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(latin1Text(bytes))
  } catch {
    return undefined
  }
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'efi program',
    seeds: [efiProgram({}), efiProgram({ sbat: 'sbat,1,SBAT Version\nshim,4,UEFI shim\n' })],
    tryBytes: (bytes) => {
      const reading = readBootImage(bytes)
      if (!reading.ok && reading.reason === '') throw new Error('neither facts nor a reason')
    },
  },
  {
    name: 'gpt',
    seeds: [gpt.primary, gpt.backup],
    tryBytes: (bytes) => {
      for (const sectorBytes of [512, 4096]) {
        for (const decode of [decodeGpt, decodeBackupGpt]) {
          const decoding = decode(bytes, sectorBytes)
          if (decoding.ok && decoding.table.partitions.length > 1024) throw new Error('too many')
        }
      }
    },
  },
  {
    name: 'efi load option',
    seeds: [loadOption],
    tryBytes: (bytes) => {
      readLoadOptionDescription(bytes)
      if (readLoadOptionPath(bytes).length > bytes.length / 4) throw new Error('steps from nowhere')
    },
  },
  {
    name: 'smbios table',
    seeds: [smbios],
    tryBytes: (bytes) => {
      for (const text of Object.values(decodeSmbiosTable(bytes))) {
        if (/[\u0000-\u001f]/.test(String(text))) throw new Error('a text with control characters')
      }
    },
  },
  {
    name: 'kernel command line',
    seeds: [asciiBytes('repave.url=http://10.77.0.1:8090 repave.token=abc repave.mac=x')],
    tryBytes: (bytes) => {
      try {
        readBootParameters(latin1Text(bytes))
      } catch (error) {
        if (!(error instanceof BootParametersError)) throw error
      }
    },
  },
  {
    name: 'frames and manifests',
    seeds: jsonTexts,
    tryBytes: (bytes) => {
      readManifest(latin1Text(bytes))
      const document = readJson(bytes)
      agentToDaemonSchema.safeParse(document)
      operatorToDaemonSchema.safeParse(document)
    },
  },
]
