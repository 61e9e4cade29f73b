import type { BootFile, BootFileRequest, BootFileRoute } from './boot-file.ts'

/** The answer of the first link that has one; undefined when nobody knows the path. */
export async function resolveFromChain(
  routes: readonly BootFileRoute[],
  request: BootFileRequest,
): Promise<BootFile | undefined> {
  for (const route of routes) {
    const file = await route(request)
    if (file !== undefined) return file
  }
  return undefined
}
