import { runTool, ToolFailedError, type ToolOptions } from '../linux/run-tool.ts'
import { CaptureToolError } from './errors.ts'

/** As {@link runTool}, on the copy of the disk. @throws {CaptureToolError} */
export async function runCaptureTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<Buffer> {
  try {
    return await runTool(program, args, options)
  } catch (error) {
    if (!(error instanceof ToolFailedError)) throw error
    throw new CaptureToolError(program, error.reason)
  }
}
