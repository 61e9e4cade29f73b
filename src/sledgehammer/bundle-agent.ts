import { build } from 'esbuild'
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
      // Optional native helpers of ws, which it does without.
      external: ['bufferutil', 'utf-8-validate'],
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
