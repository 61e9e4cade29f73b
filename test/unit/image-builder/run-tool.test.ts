import { describe, expect, it } from 'vitest'

import { runTool } from '../../../src/image-builder/run-tool.ts'

const node = (script: string) => ['-e', script]

describe(runTool, () => {
  it('fails with the last lines when the exit status is not 0', async () => {
    const script = 'console.error("no space left"); process.exitCode = 3'
    await expect(runTool(process.execPath, node(script))).rejects.toMatchObject({
      code: 'ERR_IMAGE_BUILD_STEP_FAILED',
      output: 'no space left\nexit status 3',
    })
  })

  it('fails when there is no such program', async () => {
    await expect(runTool('/nonexistent/tool', [])).rejects.toThrow('ENOENT')
  })

  it('gives what the tool printed, and each line as it comes', async () => {
    const lines: string[] = []
    const script = 'console.log("one"); console.log("two"); console.error("three")'
    const text = await runTool(process.execPath, node(script), {
      onLine: (line) => lines.push(line),
    })
    expect(text).toBe('one\ntwo')
    expect(lines.toSorted()).toEqual(['one', 'three', 'two'])
  })
})
