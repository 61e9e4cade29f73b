import { layers } from './layers.config.ts'

/** Files of a room: a folder, or for `compose` and `main` the files that stand alone. */
const pathOf = (room) => {
  if (room === 'src/main') return String.raw`src/main\.ts$`
  if (room === 'src/daemon/compose') return String.raw`src/daemon/[^/]+\.ts$`
  return `${room}/`
}
const anyOf = (paths) => `^(?:${paths.join('|')})`

const rulesFor = ([room, { rooms, libraries }]) => {
  const from = { path: anyOf([pathOf(room)]) }
  const packages = libraries.filter((library) => !library.startsWith('node:'))
  const rules = [
    {
      name: `${room} may import ${rooms.length > 0 ? rooms.join(', ') : 'no other room'}`,
      severity: 'error',
      from,
      to: { path: '^src/', pathNot: anyOf([room, ...rooms].map(pathOf)) },
    },
    {
      name: `${room} may use ${packages.length > 0 ? packages.join(', ') : 'no package'}`,
      severity: 'error',
      from,
      to: {
        path: 'node_modules/',
        ...(packages.length > 0
          ? { pathNot: `node_modules/(?:@types/)?(?:${packages.join('|')})/` }
          : {}),
      },
    },
  ]
  if (!libraries.includes('node:*')) {
    rules.push({
      name: `${room} is free of Node`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'] },
    })
  }
  return rules
}

export default {
  forbidden: [
    ...Object.entries(layers).flatMap(rulesFor),
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'the product never imports its tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
