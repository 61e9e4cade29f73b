/** What one directory of a volume holds, in the order in which it was named. */
export interface FatTree {
  readonly files: Map<string, Uint8Array>
  readonly directories: Map<string, FatTree>
}

/**
 * Files by path as directories within directories.
 *
 * @throws {RangeError} when one path stands twice, or is a file here and a directory there
 */
export function fatTree(files: readonly { path: string; bytes: Uint8Array }[]): FatTree {
  const root = emptyTree()
  for (const { path, bytes } of files) {
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    const directory = parts.reduce(enter, root)
    if (directory.files.has(name) || directory.directories.has(name)) {
      throw new RangeError(`twice on one volume: ${path}`)
    }
    directory.files.set(name, bytes)
  }
  return root
}

function enter(tree: FatTree, name: string): FatTree {
  if (tree.files.has(name)) throw new RangeError(`a file and a directory: ${name}`)
  const below = tree.directories.get(name) ?? emptyTree()
  tree.directories.set(name, below)
  return below
}

function emptyTree(): FatTree {
  return { files: new Map(), directories: new Map() }
}
