import { openSync, write } from 'node:fs'

import type { Console } from '../status-page.ts'
import type { KernelFiles } from './kernel-files.ts'

/** Writes that may wait for a slow serial line before further ones are dropped. */
const maximumPending = 32

/** The consoles the kernel logs to: `tty0` is a screen, `ttyS0` and its like take lines. */
export function openConsoles(files: KernelFiles): Console[] {
  const names = files.optionalText('/sys/class/tty/console/active')?.split(/\s+/) ?? []
  return names.flatMap((name) => {
    try {
      const descriptor = openSync(`/dev/${name}`, 'w')
      return [createConsole(/^tty\d+$/.test(name) ? 'screen' : 'line', descriptor)]
    } catch {
      // A console that cannot be opened has no one looking at it.
      return []
    }
  })
}

/** A screen shows only the newest page; a line console drops lines when it is far behind. */
function createConsole(kind: Console['kind'], descriptor: number): Console {
  let pending = 0
  let newest: string | undefined
  const limit = kind === 'screen' ? 1 : maximumPending
  const writeOut = (text: string) => {
    pending++
    write(descriptor, text, () => {
      pending--
      const waiting = newest
      newest = undefined
      if (waiting !== undefined) writeOut(waiting)
    })
  }
  return {
    kind,
    write: (text) => {
      if (pending < limit) writeOut(text)
      else if (kind === 'screen') newest = text
    },
  }
}
