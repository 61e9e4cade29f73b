import type { FastifyRequest } from 'fastify'

/** Who asks, as events record it. The unix socket's mode lets only the daemon's own user in. */
export function principalOf(request: FastifyRequest): string {
  return request.socket.remoteAddress === undefined ? 'operator:local' : 'operator:loopback'
}
