import type { ServerResponse } from 'node:http'

/** Settles when the kernel has the bytes, or with false when the connection is gone. */
export function written(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const onClose = () => resolve(false)
  response.once('close', onClose)
  response.write(bytes, (error) => {
    response.off('close', onClose)
    resolve(error === null || error === undefined)
  })
  return promise
}
