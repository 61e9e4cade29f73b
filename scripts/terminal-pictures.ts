// Records the terminal for the documentation, from the program as it is: the demonstration's transcript, and
// pictures of a deployment in the terminal UI. tmux is the terminal; what it holds is drawn as SVG.
//
//   node_modules/.bin/node scripts/terminal-pictures.ts          the demonstration, as nobody where this is root
//   node_modules/.bin/node scripts/terminal-pictures.ts SOCKET   the terminal UI of a daemon that runs, such as that of a lab
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import xterm from '@xterm/headless'

import { terminalSvg } from './terminal-svg.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const columns = 120
const rows = 24
const patienceMs = 300_000

/** A program in a terminal of tmux. */
class Tmux implements AsyncDisposable {
  readonly #server = `repave-${process.pid}`

  async open(command: string): Promise<void> {
    const size = ['-x', String(columns), '-y', String(rows)]
    // It stays when the program has ended, so that its last words can be read.
    await this.#tmux('new-session', '-d', ...size, `${command}; sleep 600`)
  }

  /** What stands on the screen, with its colours. */
  async screen(): Promise<string> {
    return this.#tmux('capture-pane', '-e', '-p')
  }

  async type(keys: string): Promise<void> {
    await this.#tmux('send-keys', keys)
  }

  /** Waits until the screen shows what `pattern` says. @throws after five minutes */
  async shows(pattern: RegExp): Promise<string> {
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      const screen = await this.screen()
      if (pattern.test(screen.replaceAll(/\u001b\[[\d;]*m/g, ''))) return screen
      if (performance.now() > deadlineMs) throw new Error(`no screen shows ${pattern}:\n${screen}`)
      await sleep(50)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server')
  }

  async #tmux(...words: string[]): Promise<string> {
    const environment = { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' }
    const { stdout } = await run('tmux', ['-L', this.#server, '-f', '/dev/null', ...words], {
      env: environment,
    })
    return stdout
  }
}

async function draw(name: string, title: string, screen: string): Promise<void> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  terminal.write(screen.trimEnd().replaceAll('\n', '\r\n'), resolve)
  await promise
  const file = `${root}docs/pictures/${name}.svg`
  await writeFile(file, terminalSvg(terminal, title))
  process.stdout.write(`${file}\n`)
}

/** The terminal UI while machines are written; and, opened once more when it shows `begun`, one machine alone. */
async function drawDeployment(command: string, name: string, begun: RegExp): Promise<void> {
  {
    await using tmux = new Tmux()
    await tmux.open(command)
    await draw(`tui-${name}`, 'repave tui', await tmux.shows(/write .*[1-9]\d%/))
  }
  await using tmux = new Tmux()
  await tmux.open(command)
  await tmux.shows(begun)
  await tmux.type('Enter')
  await draw(
    `tui-${name}-machine`,
    'repave tui',
    await tmux.shows(/write .*\d%[^]*verify .*\d%[^]*esc back/),
  )
}

/** `repave demo`, by somebody who may do nothing. */
async function transcript(): Promise<string> {
  const demo = [`${root}bin/repave`, 'demo', '--plain']
  const isRoot = process.getuid?.() === 0
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs']
  const [program = '', ...words] = isRoot ? ['setpriv', ...asNobody, ...demo] : demo
  const child = spawn(program, words, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (part) => (text += String(part)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the demonstration ended with ${code}:\n${text}`)
  return text
}

/** Puts the transcript where the page has the old one. */
async function intoPage(text: string): Promise<void> {
  const file = `${root}docs/demo.md`
  const page = await readFile(file, 'utf8')
  const fresh = page.replace(
    /(<!-- transcript -->\n\n```\n)[^]*?(```)/,
    (_, begin: string, end: string) => `${begin}$ repave demo --plain\n${text}${end}`,
  )
  await writeFile(file, fresh)
  process.stdout.write(`${file}\n`)
}

const [socket] = process.argv.slice(2)
if (socket === undefined) {
  await intoPage(await transcript())
  // Another run than that of the first picture, which is over soon.
  await drawDeployment(`${root}bin/repave demo`, 'demo', /select-disk/)
} else {
  await drawDeployment(`${root}bin/repave tui --socket ${socket}`, 'lab', /write .*\d%/)
}
