// Bundles what is started again and again (the command line, the terminal UI, the daemon) into .cache/commands:
// a file for each hundred modules, without types, starts in half the time and takes less memory. `bin/repave`
// takes the bundle only while every source file in it is as it was; other programs run from their sources.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.cache/commands')
const door = join(root, 'src/main.ts')
/** Bundles of before that are kept: a command that runs may still have to load a part of its own. */
const kept = 2

/** Native parts, and what loads parts of its own by name. Of the first, Ink's debugger, nobody has a copy. */
const outside = [
  'react-devtools-core',
  ...['better-sqlite3', 'koffi', 'pino', 'pino-pretty', 'fastify', '@fastify/*'],
  ...['@prometheus-io/client', 'kysely', 'liquidjs'],
]

/** The door's other programs are left where they are. */
const otherPrograms: Plugin = {
  name: 'other programs',
  setup(bundler) {
    const filter = /^\.\/(?:sledgehammer|image-builder|lab|agent|simulator)\//
    bundler.onResolve({ filter }, ({ path, importer }) =>
      importer === door
        ? { path: `../../../${relative(root, join(dirname(importer), path))}`, external: true }
        : undefined,
    )
  },
}

/** To import a module of Node's is to touch all that it exports: `node:http` alone then loads a second client. */
const touchLittle: Plugin = {
  name: 'touch little',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      // The door has to run on a Node that is too old, to say so.
      importer === door ? { path, external: true } : { path, namespace: 'node' },
    )
    bundler.onLoad({ filter: /^/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}

/** Files are found from where the source stands; of zod only what somebody uses is taken along. */
const sourcePlaces: Plugin = {
  name: 'source places',
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const place = `new URL(${JSON.stringify(`../../../${relative(root, path)}`)}, import.meta.url).href`
      const contents = text
        .replaceAll('import.meta.url', place)
        .replace("import { z } from 'zod'", "import * as z from 'zod'")
      return { contents, loader: 'ts' }
    })
  },
}

async function bundle(into: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [door],
    outdir: into,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages of before modules ask for what they need by name.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    external: outside,
    plugins: [otherPrograms, touchLittle, sourcePlaces],
    metafile: true,
    logLevel: 'warning',
  })
  return Object.keys(metafile.inputs).filter((path) => path.startsWith('src/'))
}

/** What `bin/repave` starts: the bundle while its sources are as they were, else the sources. */
function startText(name: string, sources: readonly (readonly [string, number, number])[]): string {
  return [
    `const sources = ${JSON.stringify(sources)}`,
    "const files = process.getBuiltinModule?.('node:fs')",
    "const root = new URL('../../', import.meta.url)",
    'const isSame = ([path, seconds, bytes]) => {',
    '  const found = files?.statSync(new URL(path, root), { throwIfNoEntry: false })',
    '  return found !== undefined && Math.floor(found.mtimeMs / 1000) === seconds && found.size === bytes',
    '}',
    `await import(sources.every(isSame) ? './${name}/main.js' : '../../src/main.ts')`,
    '',
  ].join('\n')
}

async function removeOld(): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name))
  const aged = await Promise.all(
    names.map(async (name) => ({ name, timeMs: (await stat(join(folder, name))).mtimeMs })),
  )
  const old = aged.toSorted((left, right) => right.timeMs - left.timeMs).slice(1 + kept)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })))
}

await mkdir(folder, { recursive: true })
const draft = join(folder, `draft-${process.pid}`)
const sources = await Promise.all(
  [...(await bundle(draft)), 'package-lock.json'].map(async (path) => {
    const { mtimeMs, size } = await stat(join(root, path))
    return [path, Math.floor(mtimeMs / 1000), size] as const
  }),
)
const stamp = JSON.stringify([process.version, Date.now(), sources])
const name = createHash('sha256').update(stamp).digest('hex').slice(0, 16)
await rename(draft, join(folder, name))
const start = join(folder, 'start.js')
await writeFile(`${start}.${process.pid}`, startText(name, sources))
await rename(`${start}.${process.pid}`, start)
await removeOld()
