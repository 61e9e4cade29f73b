import { GIBIBYTE, MEBIBYTE } from '../../src/base/byte-size.ts'
import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { type Bench, type BenchReport, median } from './bench-report.ts'
import { type BenchImage, debianImage, denseImage } from './writer/bench-images.ts'
import { type BenchPlace, openBenchPlace } from './writer/bench-place.ts'
import { runTimed, type TimedRun } from './writer/run-timed.ts'

const rounds = 3
const packages = ['curl', 'zstd', 'openssl', 'bmap-tools', 'nginx-light']

/** At least so many times as fast as each peer. */
interface Goals {
  readonly checked: number
  readonly unchecked: number
  readonly bmaptool: number
}

type Writer = 'checked' | 'unchecked' | 'bmaptool' | 'ours' | 'nowhere' | 'proven'

const descriptions: Record<Writer, string> = {
  checked: 'curl | zstd -dc | tee >(openssl sha256) | dd oflag=direct',
  unchecked: 'curl | zstd -dc | dd oflag=direct',
  bmaptool: 'bmaptool copy (zst)',
  ours: 'repave write, every chunk checked before its write',
  nowhere: 'repave write, the writes left out',
  proven: 'repave write, read back as well',
}

function commandOf(writer: Writer, image: BenchImage, { url, disk, writer: ours }: BenchPlace) {
  const source = `${url}/${image.name}`
  const dd = `dd of=${disk} bs=4M iflag=fullblock oflag=direct conv=fsync status=none`
  const full = `--yes --full`
  switch (writer) {
    case 'checked':
      return `curl -sf ${source}/raw.zst | zstd -dcq | tee >(openssl sha256 >/dev/null) | ${dd}`
    case 'unchecked':
      return `curl -sf ${source}/raw.zst | zstd -dcq | ${dd}`
    case 'bmaptool':
      return `bmaptool -q copy --bmap ${image.folder}/raw.bmap ${source}/raw.zst ${disk}`
    case 'nowhere':
      return `${ours} ${source}/ /dev/null ${image.digest}`
    case 'proven':
      return `${ours} ${source}/ ${disk} ${image.digest} ${full}`
    case 'ours':
      break
  }
  return `${ours} ${source}/ ${disk} ${image.digest} ${full} --no-read-back`
}

function overwriteCommand({ rawBytes }: BenchImage, { disk }: BenchPlace): string {
  const blocks = Math.ceil(rawBytes / (4 * MEBIBYTE))
  return `dd if=/dev/zero of=${disk} bs=4M count=${blocks} oflag=direct conv=fsync status=none`
}

/** Writers in turn, so that whatever else the machine does meets all of them alike. */
async function measure(
  writers: readonly Writer[],
  image: BenchImage,
  place: BenchPlace,
  prefix = '',
): Promise<Map<Writer, { seconds: number; runs: readonly TimedRun[] }>> {
  const runs = new Map<Writer, TimedRun[]>(writers.map((writer) => [writer, []]))
  for (let round = 0; round < rounds; round++) {
    for (const writer of writers) {
      // Whoever writes first upon what another has left to the file system pays for that.
      await runTimed(overwriteCommand(image, place))
      const line = commandOf(writer, image, place)
      const quoted = `'${line.replaceAll("'", String.raw`'\''`)}'`
      const run = await runTimed(prefix === '' ? line : `${prefix} bash -c ${quoted}`)
      runs.get(writer)?.push(run)
      await runTimed(`cmp -n ${image.rawBytes} ${image.rawPath} ${place.disk}`).catch((error) => {
        if (writer !== 'nowhere' && writer !== 'bmaptool') throw error
      })
    }
  }
  return new Map(
    [...runs].map(([writer, all]) => [
      writer,
      { seconds: median(all.map(({ seconds }) => seconds)), runs: all },
    ]),
  )
}

async function compare(
  report: BenchReport,
  image: BenchImage,
  place: BenchPlace,
  goals: Goals,
): Promise<void> {
  const writers = ['checked', 'unchecked', 'bmaptool', 'ours', 'nowhere', 'proven'] as const
  const measured = await measure(writers, image, place)
  const secondsOf = (writer: Writer) => measured.get(writer)?.seconds ?? Number.NaN
  const ours = secondsOf('ours')
  const header = ['writer', 'seconds', 'GiB/s', 'ours is so many times as fast']
  const rows = writers.map((writer) => {
    const seconds = secondsOf(writer)
    return [descriptions[writer], seconds, image.rawBytes / GIBIBYTE / seconds, seconds / ours]
  })
  report.table(`${image.name}, ${(image.rawBytes / GIBIBYTE).toFixed(2)} GiB`, [header, ...rows])
  for (const peer of ['checked', 'unchecked', 'bmaptool'] as const) {
    report.goal({
      name: `${image.name}: ${peer} / ours`,
      ...{ measured: secondsOf(peer) / ours, unit: 'x', goal: { atLeast: goals[peer] } },
    })
  }
  report.goal({
    name: `${image.name}: with read-back / without`,
    ...{ measured: secondsOf('proven') / ours, unit: 'x', goal: { atMost: 1.6 } },
  })
  report.goal({
    name: `${image.name}: peak memory`,
    ...{ measured: peakMegabytes(measured.get('proven')?.runs ?? []), unit: 'MB' },
    goal: { atMost: 160 },
  })
  if (image.name !== 'dense') return
  report.goal({
    name: 'dense: share of the speed without writes',
    ...{ measured: (secondsOf('nowhere') / ours) * 100, unit: '%', goal: { atLeast: 85 } },
  })
}

function peakMegabytes(runs: readonly TimedRun[]): number {
  const peaks = runs.map(({ stdout }) => Number(/^peak (\d+) KiB$/m.exec(stdout)?.[1]))
  return (Math.max(...peaks) * 1024) / 1e6
}

/** Against the peers on the image of the recipe and on one that is all data; then on one core. */
export const bench: Bench = async (report) => {
  await ensureDebianPackages(packages, { log: (line) => report.note(line) })
  const debian = await debianImage()
  const dense = await denseImage()
  await using place = await openBenchPlace(
    Math.max(debian.rawBytes, dense.rawBytes) + 64 * MEBIBYTE,
  )
  await compare(report, debian, place, { checked: 4, unchecked: 2, bmaptool: 1.6 })
  await compare(report, dense, place, { checked: 3, unchecked: 1.8, bmaptool: 2.5 })
  const oneCore = await measure(['checked', 'ours'], debian, place, 'taskset -c 0')
  const [checked, ours] = [oneCore.get('checked')?.seconds, oneCore.get('ours')?.seconds]
  const measured = (checked ?? Number.NaN) / (ours ?? Number.NaN)
  report.table('debian-12 on one core', [
    ['writer', 'seconds'],
    [descriptions.checked, checked ?? Number.NaN],
    [descriptions.ours, ours ?? Number.NaN],
  ])
  report.goal({ name: 'one core: checked / ours', measured, unit: 'x', goal: { atLeast: 1 } })
}
