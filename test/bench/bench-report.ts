/** A figure that must be reached: `measured` against the `limit`, as a ratio or a plain figure. */
export interface Goal {
  /** What is compared with what: `debian-12: ours / checked pipe`. */
  readonly name: string
  readonly measured: number
  readonly unit: string
  readonly goal: { readonly atLeast: number } | { readonly atMost: number }
}

/** What a bench prints. Every cell is shown as it is given; numbers with three significant digits. */
export interface BenchReport {
  /** A heading, then one line a row, in columns. The first row names the columns. */
  table(title: string, rows: readonly (readonly (string | number)[])[]): void
  /** Printed with the others at the end; one that is missed ends the bench with 1. */
  goal(goal: Goal): void
  note(line: string): void
}

/** What `test/bench/NAME.bench.ts` exports as `bench`: installs its peers, measures, reports. */
export type Bench = (report: BenchReport) => Promise<void>

/** Prints tables at once, the goals when asked for the verdict. */
export class PrintedReport implements BenchReport {
  readonly #goals: Goal[] = []
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void = console.log) {
    this.#print = print
  }

  table(title: string, rows: readonly (readonly (string | number)[])[]): void {
    const cells = rows.map((row) => row.map(cellText))
    const widths = (cells[0] ?? []).map((_, column) =>
      Math.max(...cells.map((row) => row[column]?.length ?? 0)),
    )
    this.#print(`\n${title}`)
    for (const row of cells) {
      const padded = row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      this.#print(`  ${padded.join('  ').trimEnd()}`)
    }
  }

  goal(goal: Goal): void {
    this.#goals.push(goal)
  }

  note(line: string): void {
    this.#print(line)
  }

  /** Whether every goal is reached, and at least one was set. */
  verdict(): boolean {
    const header = ['goal', 'measured', 'wanted', '']
    this.table('goals', [
      header,
      ...this.#goals.map((goal) => [
        goal.name,
        `${cellText(goal.measured)} ${goal.unit}`,
        'atLeast' in goal.goal ? `>= ${goal.goal.atLeast}` : `<= ${goal.goal.atMost}`,
        isReached(goal) ? 'reached' : 'MISSED',
      ]),
    ])
    return this.#goals.length > 0 && this.#goals.every(isReached)
  }
}

/** The middle one; of an even count the mean of the middle two. @throws {RangeError} of none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new RangeError('no median of no values')
  return (lower + upper) / 2
}

function isReached({ measured, goal }: Goal): boolean {
  return 'atLeast' in goal ? measured >= goal.atLeast : measured <= goal.atMost
}

function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell
  return Math.abs(cell) >= 100 ? String(Math.round(cell)) : String(Number(cell.toPrecision(3)))
}
