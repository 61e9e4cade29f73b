import { connect } from 'node:net'
import { once } from 'node:events'

import type { LabMachine } from './lab-plan.ts'
import { consoleSocket } from './qemu-arguments.ts'

/** Ctrl-], telnet's own escape: no shell or boot loader wants it. */
const leaveKey = '\u001d'

/** Joins our terminal to the machine's serial console until Ctrl-] or until the machine goes away. */
export async function attachConsole(machine: LabMachine): Promise<void> {
  const socket = connect(consoleSocket(machine))
  await once(socket, 'connect')
  process.stderr.write(`console of ${machine.name}; leave with Ctrl-]\r\n`)
  process.stdin.setRawMode?.(true)
  process.stdin.on('data', (keys: Buffer) => {
    if (keys.includes(leaveKey)) socket.destroy()
    else socket.write(keys)
  })
  socket.pipe(process.stdout)
  await once(socket, 'close')
  process.stdin.setRawMode?.(false)
  process.stdin.destroy()
}
