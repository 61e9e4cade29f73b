import type { Command } from 'commander'

import type { CliWorld } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import type { ListSource } from './list-source.ts'
import { printList } from './output.ts'
import { watchList } from './watch-list.ts'

export interface ListVerb<Item, Options = unknown> extends ListSource<Item, Options> {
  readonly summary: string
  readonly examples: readonly string[]
}

type WatchedOptions<Options> = Options & CommonOptions & { readonly watch: boolean }

/**
 * `NOUN list`, also `ls`: printed once, or with `--watch` again whenever something changes. Options that the
 * caller adds to the command reach `read`.
 */
export function addListVerb<Item, Options = unknown>(
  line: CommandLine,
  parent: Command,
  verb: ListVerb<Item, Options>,
): Command {
  return addCommand(line, parent, { words: 'list', ...verb })
    .alias('ls')
    .option('--watch', 'stay, and show what changes', false)
    .action(
      runs(line, (options: WatchedOptions<Options>) =>
        showList(line.world, connectionOf(line, options), options, verb),
      ),
    )
}

async function showList<Item, Options>(
  world: CliWorld,
  connection: DaemonConnection,
  options: WatchedOptions<Options>,
  source: ListSource<Item, Options>,
): Promise<number> {
  if (options.watch) {
    const { topics } = source
    const read = () => source.read(connection, options)
    return watchList(world, connection, options, { topics, read })
  }
  await printList(world, options, await source.read(connection, options))
  return 0
}
