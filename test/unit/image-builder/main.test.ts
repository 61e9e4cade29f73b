import { afterEach, describe, expect, it, vi } from 'vitest'

import { runImageBuildCommand } from '../../../src/image-builder/main.ts'

describe(runImageBuildCommand, () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })
  const run = async (argv: readonly string[]) => {
    let text = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => {
      text += String(part)
      return true
    })
    return { exitCode: await runImageBuildCommand(argv), text }
  }

  it('asks for a recipe with exit status 2', async () => {
    expect((await run([])).exitCode).toBe(2)
  })

  it('names the file of a recipe that does not exist', async () => {
    const { exitCode, text } = await run(['no-such-image', '--recipes', 'images'])
    expect(exitCode).toBe(1)
    expect(text).toContain('error[ERR_IMAGE_RECIPE_INVALID]')
    expect(text).toContain('images/no-such-image/image.yaml:1:1')
  })
})
