import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { openImages } from '../../src/daemon/parts/images/open-images.ts'
import { rawSource } from '../fakes/raw-source.ts'
import { type Bench, type BenchReport, median } from './bench-report.ts'
import { startNginx } from './start-nginx.ts'

/** Chunks of 4 MiB that do not compress, so that both servers have the same bytes to send. */
const chunkCount = 128
const chunkBytes = 4 * MEBIBYTE
/** How many of them clients ask for: machines in step, and machines all over the image. */
const wantedChunks = { 'in step, 16 chunks': 16, 'all over, 128 chunks': chunkCount }
const clientCounts = [1, 8, 32, 128]
const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = 2

interface Server {
  readonly url: string
  /** Its file with the pack. */
  readonly path: string
  readonly pid?: number
}

/** Chunks of images to many machines at once: our provisioning server against nginx with sendfile. */
export const bench: Bench = async (report) => {
  await ensureDebianPackages(['nginx-light', 'wrk'], { log: (line) => report.note(line) })
  const folder = await mkdtemp(join(tmpdir(), 'repave-serve-'))
  try {
    await using ours = await startOurs(folder)
    const packs = join(folder, 'images', 'packs')
    const pack = (await readdir(packs)).find((file) => file.endsWith('.pack')) ?? ''
    await using nginx = await startNginx(
      (port) => `server { listen 127.0.0.1:${port}; root ${packs}; }`,
    )
    const theirs = { url: nginx.url, path: `/${pack}` }
    // A daemon runs for months: what is measured is not its first second.
    for (const server of [ours, theirs])
      await throughput(server, 8, { title: '', wanted: 16, folder })
    for (const [title, wanted] of Object.entries(wantedChunks)) {
      await compare(report, { title, wanted, folder }, ours, theirs)
    }
    await fairness(report, ours, theirs)
    const peakMebibytes = await peakMemory(ours.pid)
    report.goal({
      name: 'memory of the daemon, peak',
      measured: peakMebibytes,
      unit: 'MiB',
      goal: { atMost: 300 },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function startOurs(folder: string): Promise<Server & AsyncDisposable & { pid: number }> {
  const noise = async function* () {
    for (let chunk = 0; chunk < chunkCount; chunk++) yield randomBytes(chunkBytes)
  }
  const { store } = await openImages(folder)
  await store.importImage({ name: 'bench', version: '1', source: rawSource(noise()) })
  const program = join(import.meta.dirname, 'serve-process.ts')
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const { endpoint, path } = JSON.parse(line) as { endpoint: string; path: string }
  return {
    url: `http://${endpoint.replace('/tcp', '')}`,
    path,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

interface Load {
  readonly title: string
  readonly wanted: number
  readonly folder: string
}

async function compare(report: BenchReport, load: Load, ours: Server, theirs: Server) {
  const rows: (string | number)[][] = [['clients', 'ours MB/s', 'nginx MB/s', 'ratio']]
  for (const clients of clientCounts) {
    const figures = { ours: [] as number[], theirs: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      figures.ours.push(await throughput(ours, clients, load))
      figures.theirs.push(await throughput(theirs, clients, load))
    }
    const ratio = median(figures.ours) / median(figures.theirs)
    rows.push([clients, median(figures.ours), median(figures.theirs), ratio])
    report.goal({
      name: `${load.title}, ${clients} clients: ours / nginx`,
      measured: ratio,
      unit: '×',
      goal: { atLeast: 1 },
    })
  }
  report.table(`4 MiB ranges, machines ${load.title} (medians of ${rounds})`, rows)
}

/** MB/s of bodies, as wrk counts them. */
async function throughput(server: Server, clients: number, load: Load): Promise<number> {
  const script = join(load.folder, 'ranges.lua')
  await writeFile(
    script,
    `local chunk = -1
request = function()
  chunk = (chunk + 1) % ${load.wanted}
  local first = chunk * ${chunkBytes}
  return wrk.format('GET', '${server.path}', { Range = 'bytes=' .. first .. '-' .. (first + ${chunkBytes - 1}) })
end
done = function(summary) io.write(summary.bytes / summary.duration, ' ', summary.errors.status, '\\n') end
`,
  )
  const options = ['-t1', `-c${clients}`, `-d${seconds}s`, '--timeout', '30s', '-s', script]
  const output = execFileSync('wrk', [...options, server.url], { encoding: 'utf8' })
  const [megabytes = '', errors] = (output.trim().split('\n').at(-1) ?? '').split(' ')
  if (errors !== '0') throw new Error(`${server.url} refused requests: ${output}`)
  return Number(megabytes)
}

async function fairness(report: BenchReport, ours: Server, theirs: Server): Promise<void> {
  const rows: (string | number)[][] = [
    ['32 clients', 'slowest MB', 'fastest MB', 'slowest/fastest'],
  ]
  for (const [name, server] of Object.entries({ ours, nginx: theirs })) {
    const program = join(import.meta.dirname, 'range-clients-process.ts')
    const argv = [program, server.url + server.path, '32', '16', '6']
    const output = execFileSync(process.execPath, argv, { encoding: 'utf8' })
    const megabytes = (JSON.parse(output) as number[]).map((bytes) => bytes / 1e6)
    const share = Math.min(...megabytes) / Math.max(...megabytes)
    rows.push([name, Math.min(...megabytes), Math.max(...megabytes), share])
    if (name !== 'ours') continue
    report.goal({
      name: '32 clients: slowest / fastest',
      measured: share,
      unit: '×',
      goal: { atLeast: 0.8 },
    })
  }
  report.table('what each client gets in 6 s', rows)
}

async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}
