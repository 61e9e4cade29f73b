import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { LogSink } from '../../../../src/daemon/process/log-sink.ts'

let folder: string
const open: number[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repave-log-'))
})
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd)
  rmSync(folder, { recursive: true })
})

function openFd(path: string, flags: number): number {
  const fd = openSync(path, flags)
  open.push(fd)
  return fd
}

/** A pipe whose reader reads nothing by itself. */
function openPipe() {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openFd(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openFd(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const piece = Buffer.alloc(65_536)
  const read = () => {
    try {
      return piece.toString('utf8', 0, readSync(reader, piece))
    } catch {
      return ''
    }
  }
  return { writer, read }
}

const line = `${'x'.repeat(1023)}\n`

describe(LogSink, () => {
  it('goes on while nobody reads the pipe, drops lines, and tells how many later (S16)', async () => {
    const { writer, read } = openPipe()
    const sink = new LogSink(writer, (count) => `dropped ${count}\n`)
    for (let count = 0; count < 5000; count++) sink.write(line)
    expect(sink.dropped).toBeGreaterThan(3000)
    let text = ''
    await expect
      .poll(() => (text += read()), { interval: 5 })
      .toContain(`dropped ${sink.dropped}\n`)
    expect(text.split(line).length - 1).toBe(5000 - sink.dropped)
    sink.write('at once\n')
    expect(read()).toBe('at once\n')
  })

  it('goes on while the disk is full, and counts what was lost (S16)', () => {
    const sink = new LogSink(
      openFd('/dev/full', constants.O_WRONLY),
      (count) => `dropped ${count}\n`,
    )
    for (let count = 0; count < 100; count++) sink.write(line)
    expect(sink.dropped).toBe(100)
  })

  it('writes at once, and whole', () => {
    const { writer, read } = openPipe()
    const sink = new LogSink(writer, String)
    sink.write('one\n')
    sink.write('two\n')
    expect(read()).toBe('one\ntwo\n')
    expect(sink.dropped).toBe(0)
  })
})
