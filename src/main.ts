// The one door. It imports nothing of ours before it has checked the version of Node: the database's native
// part crashes an older one without a word.

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The oldest Node that runs this source as it stands and loads the database's native part. */
const oldestNode = [24, 12] as const

/** A program of ours: takes the words behind its name, resolves to the exit code. */
type Program = (argv: readonly string[]) => Promise<number>

/** Chosen by first words; each loads nothing of the others. */
const programs: Readonly<Record<string, Program>> = {
  serve: async (argv) => (await import('./daemon/main.ts')).runServeCommand(argv),
  db: async (argv) => (await import('./daemon/main.ts')).runDbCommand(argv),
  config: async (argv) => (await import('./daemon/main.ts')).runConfigCommand(argv),
  sledgehammer: async (argv) =>
    (await import('./sledgehammer/main.ts')).runSledgehammerCommand(argv),
  lab: async (argv) => (await import('./lab/main.ts')).runLabCommand(argv),
  start: async (argv) => (await import('./lab/main.ts')).runStartCommand(argv),
  write: async (argv) => (await import('./agent/write-command/main.ts')).runWriteCommand(argv),
  demo: async (argv) => (await import('./simulator/main.ts')).runDemoCommand(argv),
  tui: async (argv) => {
    // Before anything loads React: its development build measures every component of every frame, and keeps
    // what it measured.
    process.env['NODE_ENV'] ??= 'production'
    return (await import('./tui/main.ts')).runTuiCommand(argv)
  },
}

const help = `repave: bare metal from known images, every byte proven

Usage: repave <command> [options]

  demo                      deploy three simulated machines in seconds, without any rights
  start                     build, raise a virtual rack, deploy it and watch
  serve                     run the daemon
  config explain            every setting of the daemon and where it comes from
  status                    one screen: services, counts
  wait    <thing>           until a machine or a run is as you say
  doctor                    what stands in the way of network boot, and what helps
  machine list|show|explain|timeline|logs|console|add|deploy|run|capture|set|boot-decision
  run     list|show|watch|logs|approve|hold|release|step|skip|retry|cancel
  image   list|show|history|diff|import|export|verify|rm|gc|scrub
  key     list|rotate
  token   list|create|revoke
  audit   list|verify
  db      backup|restore|check
  lease   list|release      who has which address
  subnet  list|show         networks with addresses
  content new|list|check|plan|apply|watch|diff   YAML folders: workflows, profiles, subnets
  workflow list|show        ordered stages that machines go through; stage list|show
  bootenv list|show|render  what a machine can boot; what one would boot now, filled in
  profile list|show         params that machines share
  param   list|show         params, and what fits them
  image   build <recipe>    make a disk image from Debian's packages, or of a root file system
  write   <image> <disk>    write an image to a disk of this machine, every byte proven
  receipt show|verify       what was proven, checked without the daemon
  event   watch [topic]     what happens, as it happens
  tui                       live terminal UI
  web                       a link that lets a browser look on
  context list|set|use|rm   daemons that you work with, by name
  completion bash|zsh|fish
  version                   of this command and of the daemon
  sledgehammer build        make the Linux that machines boot into RAM
  lab     up|status|boot|off|reset|console|down   a virtual rack

repave <command> --help tells more about each; repave help options|exit-codes|output|environment
about all.

Examples:
  repave serve --interface eno2
  repave machine deploy node-1 --image debian-12
`

/** Runs what the words ask for. */
async function runRepave(argv: readonly string[]): Promise<number> {
  const [word = '', second] = argv
  if (word === 'help' && second !== undefined && Object.hasOwn(programs, second)) {
    return runRepave([...argv.slice(1), '--help'])
  }
  if (['', 'help', '--help', '-h'].includes(word) && second === undefined) {
    process.stdout.write(help)
    return word === '' ? 2 : 0
  }
  if (word === 'image' && second === 'build') {
    const { runImageBuildCommand } = await import('./image-builder/main.ts')
    return runImageBuildCommand(argv.slice(2))
  }
  if (word === 'content' && second === 'check') {
    return (await import('./daemon/main.ts')).runContentCheckCommand(argv.slice(2))
  }
  const program: Program | undefined = Object.hasOwn(programs, word) ? programs[word] : undefined
  if (program !== undefined) return program(argv.slice(1))
  return (await import('./cli/main.ts')).runCliCommand(argv, Object.keys(programs))
}

function nodeIsTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])
}

function explain(thrown: unknown): number {
  if (!(thrown instanceof Error)) throw thrown
  const { code, remedy } = thrown as Error & { code?: unknown; remedy?: unknown }
  if (typeof code !== 'string' || typeof remedy !== 'string') throw thrown
  process.stderr.write(`error[${code}]: ${thrown.message}\n`)
  if (remedy !== '') process.stderr.write(`  try   ${remedy}\n`)
  return 1
}

if (nodeIsTooOld(process.versions.node)) {
  process.stderr.write(
    `error[ERR_NODE_TOO_OLD]: needs Node >= ${oldestNode.join('.')}, this is ${process.versions.node}\n` +
      '  try   bin/repave, which uses the Node that the lock file pins\n',
  )
  process.exitCode = 1
} else {
  // Halves the start of a short command. In our own folder: what lies in a shared one could be planted.
  enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)))
  process.exitCode = await runRepave(process.argv.slice(2)).catch(explain)
}
