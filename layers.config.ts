// Who may import whom: the one table behind `npm run check:layers` and test/architecture.test.ts.
// A room that a row does not name is refused. `libraries` are npm packages and Node's own modules.

export const layers: Readonly<
  Record<string, { readonly rooms: readonly string[]; readonly libraries: readonly string[] }>
> = {
  'src/base': { rooms: [], libraries: [] },
  'src/contract': { rooms: ['src/base'], libraries: ['zod'] },
  'src/protocol': { rooms: ['src/base'], libraries: [] },
  'src/stream': { rooms: ['src/base'], libraries: [] },
  'src/daemon/domain': { rooms: ['src/base', 'src/contract', 'src/stream'], libraries: [] },
  'src/daemon/servers': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/stream', 'src/daemon/domain'],
    libraries: ['node:*', 'koffi', 'fastify'],
  },
  'src/daemon/api': {
    rooms: ['src/base', 'src/contract', 'src/daemon/domain'],
    libraries: ['node:*', 'fastify', 'ws', '@fastify/websocket', 'zod', '@prometheus-io/client'],
  },
  'src/daemon/web': {
    rooms: ['src/base', 'src/contract', 'src/presentation', 'src/daemon/domain', 'src/daemon/api'],
    libraries: ['node:*', 'fastify'],
  },
  'src/daemon/store': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/stream', 'src/daemon/domain'],
    libraries: ['node:*', 'better-sqlite3', 'kysely', 'yaml', 'zod', 'liquidjs'],
  },
  'src/daemon/configuration': {
    rooms: ['src/base', 'src/contract', 'src/daemon/domain', 'src/daemon/store'],
    libraries: ['node:*', 'zod', 'commander'],
  },
  'src/daemon/process': {
    rooms: ['src/base', 'src/daemon/domain', 'src/daemon/servers', 'src/daemon/configuration'],
    libraries: ['node:*', 'pino', 'pino-pretty'],
  },
  // What the daemon is put together from, each part opened with its settings.
  'src/daemon/parts': {
    rooms: [
      'src/base',
      'src/contract',
      'src/protocol',
      'src/daemon/domain',
      'src/daemon/servers',
      'src/daemon/api',
      'src/daemon/store',
      'src/daemon/configuration',
      'src/daemon/process',
    ],
    libraries: ['node:*', 'fastify'],
  },
  'src/daemon/compose': {
    rooms: [
      'src/base',
      'src/contract',
      'src/daemon/domain',
      'src/daemon/servers',
      'src/daemon/api',
      'src/daemon/web',
      'src/daemon/store',
      'src/daemon/configuration',
      'src/daemon/process',
      'src/daemon/parts',
    ],
    libraries: ['node:*', 'commander'],
  },
  'src/agent': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/stream'],
    libraries: ['node:*', 'ws', 'koffi'],
  },
  'src/presentation': { rooms: ['src/base', 'src/contract'], libraries: [] },
  'src/operator-client': {
    rooms: ['src/base', 'src/contract', 'src/presentation'],
    libraries: ['node:*', 'ws'],
  },
  'src/cli': {
    rooms: ['src/base', 'src/contract', 'src/presentation', 'src/operator-client'],
    libraries: ['node:*', 'commander', 'yaml'],
  },
  'src/tui': {
    rooms: ['src/base', 'src/contract', 'src/presentation', 'src/operator-client'],
    libraries: ['node:*', 'ink', 'react'],
  },
  'src/debian': { rooms: ['src/base'], libraries: ['node:*'] },
  'src/sledgehammer': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/stream', 'src/debian'],
    libraries: ['node:*', 'esbuild', 'commander'],
  },
  'src/image-builder': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/stream', 'src/debian'],
    libraries: ['node:*', 'commander', 'yaml', 'zod'],
  },
  'src/lab': {
    rooms: ['src/base', 'src/contract', 'src/protocol', 'src/presentation', 'src/debian'],
    libraries: ['node:*', 'commander', 'ws'],
  },
  // Simulated machines run the agent that ships; to the daemon they are machines.
  'src/simulator': {
    rooms: [
      'src/base',
      'src/contract',
      'src/protocol',
      'src/stream',
      'src/presentation',
      'src/operator-client',
      'src/agent',
    ],
    libraries: ['node:*', 'commander'],
  },
  // The one door: picks a program by its first words, and knows nothing else.
  'src/main': {
    rooms: [
      'src/daemon/compose',
      'src/cli',
      'src/tui',
      'src/sledgehammer',
      'src/image-builder',
      'src/lab',
      'src/simulator',
      'src/agent',
    ],
    libraries: ['node:*', 'commander'],
  },
}
