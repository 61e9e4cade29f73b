import { readFile } from 'node:fs/promises'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { AgentBundleError } from './errors.ts'

/**
 * The agent and all it imports as one minified CommonJS file, the form that Node starts fastest.
 *
 * @throws {AgentBundleError} when esbuild refuses the source
 */
export async function bundleAgent(entryPoint: string): Promise<Uint8Array> {
  try {
    const { outputFiles } = await build({
      entryPoints: [entryPoint],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node24',
      minify: true,
      legalComments: 'none',
      charset: 'utf8',
      // Native code: helpers of ws, which it does without, and what lies beside the agent.
      external: ['bufferutil', 'utf-8-validate', 'koffi'],
      plugins: [namespaceOfZod],
      write: false,
      logLevel: 'silent',
    })
    const [output] = outputFiles
    if (output === undefined) throw new Error('esbuild wrote nothing')
    return output.contents
  } catch (error) {
    throw new AgentBundleError(entryPoint, error)
  }
}

/**
 * esbuild keeps all of an object that a package exports, and only what is used of a namespace. Zod's
 * `z` is both: read as a namespace, it is a third of the size, and parsed in a third of the time.
 */
const namespaceOfZod: Plugin = {
  name: 'namespace-of-zod',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\](?:agent|contract)[/\\].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: source.replace(zodImport, "import * as z from 'zod'"), loader: 'ts' }
    })
  },
}

const zodImport = /^import \{ z \} from 'zod'$/m
