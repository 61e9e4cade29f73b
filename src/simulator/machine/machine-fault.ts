/** What goes wrong with a simulated machine, by the last thing that it still does. */
export const machineFaults = [
  'none',
  /** It is switched on and asks nobody for anything. */
  'never-boots',
  /** It asks for an address and does not take the one that it is offered. */
  'ignores-offer',
  /** It asks for its boot program and acknowledges no block of it. */
  'stalls-in-tftp',
  /** Its boot program arrives and does not start. */
  'stops-after-nbp',
  /** It gets its script and fetches no kernel. */
  'fetches-no-kernel',
  /** Its kernel runs, and no agent calls. */
  'starts-no-agent',
  /** Sledgehammer finds no disk. */
  'no-disk',
  /** Writes to its disk fail from some byte on. */
  'bad-disk',
  /** Its disk loses one write without a word. */
  'forgetful-disk',
  /** It loses power once, in the middle of its first write. */
  'power-cut',
  /** Its disk does a MiB in a tenth of a second. */
  'slow-disk',
  /** Its clock stands at the year 2001. */
  'wrong-time',
  /** The system on its disk starts and calls nobody. */
  'never-calls-home',
  /** It starts anew as soon as its agent has joined, for ever. */
  'boots-in-a-loop',
] as const
export type MachineFault = (typeof machineFaults)[number]
