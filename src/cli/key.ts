import type { Command } from 'commander'

import {
  keyRotationSchema,
  type SigningKeyFacts,
  signingKeyListSchema,
} from '../contract/image-documents.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import { confirmByName, isAgreed } from './confirm.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { addListVerb } from './list-verb.ts'
import { printList, type ShownList } from './output.ts'

/** `repave key list|rotate`. */
export function keyCommands(line: CommandLine, program: Command): void {
  const key = program.command('key').description('keys that sign images: list, rotate')
  addListVerb<SigningKeyFacts>(line, key, {
    summary: 'the key that signs, and the one that will sign after it; machines trust both',
    examples: ['key list', 'key list --output json'],
    topics: ['key.*.*'],
    read: async (connection) =>
      shownKeys((await askDaemon(connection, { path: '/keys' }, signingKeyListSchema)).items),
  })
  addChange(line, key, {
    words: 'rotate',
    summary: 'sign every image with the next key, and make a new next one',
    examples: ['key rotate', 'key rotate --yes'],
  })
    .option('--yes', 'do not ask', false)
    .action(
      runs(line, async (options: CommonOptions & { yes: boolean }) => {
        if (!isAgreed(options)) {
          await confirmByName(line.world, 'rotate', 'This retires the key that signs images')
        }
        const request = { method: 'POST', path: '/keys/rotate' } as const
        const rotation = await askDaemon(connectionOf(line, options), request, keyRotationSchema)
        writeLines(line.world.stderr, [
          `${rotation.resignedImages} images signed anew, key ${rotation.retiredKeyId} retired`,
        ])
        await printList(line.world, options, shownKeys(rotation.items))
        return 0
      }),
    )
  key.addHelpText('after', '\nExamples:\n  repave key list\n  repave key rotate')
}

function shownKeys(items: readonly SigningKeyFacts[]): ShownList<SigningKeyFacts> {
  return {
    kind: 'SigningKeyList',
    items,
    nameOf: (key) => key.keyId,
    columns: [
      ['KEY', (key) => key.keyId],
      ['ROLE', (key) => key.role],
      ['SINCE', (key) => new Date(key.createdAtMs).toISOString().slice(0, 19)],
      ['PUBLIC KEY', (key) => key.publicKeyBase64],
    ],
  }
}
