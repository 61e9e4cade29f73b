import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'

import type { Accelerator } from './qemu-arguments.ts'

/** A guest kernel prints its first line well within this time where KVM really works. */
const probeMs = 4000

/**
 * Finds out whether KVM runs a guest, by starting our own kernel under it. The device's presence
 * proves nothing: on nested hosts it opens, makes a machine, and the guest never starts.
 */
export async function chooseAccelerator(kernelFile: string): Promise<Accelerator> {
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  return usable && (await guestSpeaks(kernelFile)) ? 'kvm' : 'tcg'
}

function guestSpeaks(kernelFile: string): Promise<boolean> {
  const guest = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'kvm', '-cpu', 'max', '-m', '256', '-nodefaults', '-display', 'none'],
      ...['-serial', 'stdio', '-no-reboot', '-kernel', kernelFile],
      ...['-append', 'console=ttyS0 earlyprintk=ttyS0 panic=-1'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return new Promise((resolve) => {
    let spoken = ''
    const timer = setTimeout(() => guest.kill('SIGKILL'), probeMs)
    guest.stdout.setEncoding('latin1').on('data', (text: string) => {
      spoken += text
      if (spoken.includes('Linux version')) guest.kill('SIGKILL')
    })
    guest.on('error', () => resolve(false))
    guest.on('close', () => {
      clearTimeout(timer)
      resolve(spoken.includes('Linux version'))
    })
  })
}
