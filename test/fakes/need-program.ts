import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'

/** @throws when a program that a test talks to is missing, with the line that installs it */
export async function needProgram(program: string, debianPackage: string): Promise<void> {
  const folders = (process.env['PATH'] ?? '').split(':')
  const found = await Promise.all(
    [...folders, '/usr/sbin', '/sbin'].map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  if (found.includes(true)) return
  throw new Error(`${program} is missing; install it: apt-get install ${debianPackage}`)
}
