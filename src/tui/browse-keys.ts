/** What a key asks for while nothing is being typed. */
export type BrowseMeaning =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'open'
  | 'back'
  | 'help'
  | 'quit'
  | 'filter'
  | 'command'
  | 'mark'
  | 'copy'
  | 'follow'
  | 'wrap'
  | 'deploy'
  | 'retry'
  | 'cancel'
  | 'approve'
  | 'hold'
  | 'release'
  | 'retire'

/** Keys as k9s has them, where it has them. */
export const browseKeys: Readonly<Record<string, BrowseMeaning>> = {
  k: 'up',
  j: 'down',
  g: 'first',
  G: 'last',
  '?': 'help',
  q: 'quit',
  '/': 'filter',
  ':': 'command',
  ' ': 'mark',
  y: 'copy',
  f: 'follow',
  w: 'wrap',
  l: 'open',
  d: 'deploy',
  r: 'retry',
  c: 'cancel',
  a: 'approve',
  h: 'hold',
  u: 'release',
  x: 'retire',
}

/** Those that change something: not there in read-only mode. */
export const changingMeanings: ReadonlySet<BrowseMeaning> = new Set([
  'deploy',
  'retry',
  'cancel',
  'approve',
  'hold',
  'release',
  'retire',
] as const)
