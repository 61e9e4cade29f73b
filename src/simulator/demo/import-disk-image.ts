import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

import { type DaemonConnection, sendRequest } from '../../operator-client/daemon-request.ts'

export interface DiskImageFile {
  readonly name: string
  readonly version: string
  readonly file: string
}

/** Has the daemon store an image, and waits until it has. */
export async function importDiskImage(
  connection: DaemonConnection,
  { name, version, file }: DiskImageFile,
): Promise<void> {
  const { size } = await stat(file)
  const answer = await sendRequest(connection, {
    method: 'POST',
    path: `/images?${new URLSearchParams({ name, version }).toString()}`,
    headers: { 'content-type': 'application/octet-stream', 'content-length': size },
    end: (request) => createReadStream(file).pipe(request),
  })
  for await (const _line of answer) continue
}
