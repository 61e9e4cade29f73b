import type { Terminal } from '@xterm/headless'

const cellWidth = 8.4
const cellHeight = 18
const margin = 14
const titleHeight = 34

const background = '#16181d'
const foreground = '#d7dae0'
/** The eight colours that every terminal has, and their bright ones. */
const palette = [
  ...['#3b4048', '#e06c75', '#8cc265', '#d7a65f', '#5aa4f0', '#c678dd', '#4fc1cf', '#d7dae0'],
  ...['#6b7280', '#ff8c96', '#a5e075', '#f0c674', '#7db4ff', '#de9cf0', '#6fe0e8', '#ffffff'],
]

interface Stretch {
  readonly column: number
  text: string
  readonly style: string
  readonly behind: string | undefined
}

/** A terminal's screen as a picture: each stretch of equal looks is one text, held to the grid. */
export function terminalSvg(terminal: Terminal, title: string): string {
  const width = Math.ceil(terminal.cols * cellWidth + 2 * margin)
  const height = Math.ceil(terminal.rows * cellHeight + titleHeight + margin)
  const lines = Array.from({ length: terminal.rows }, (_, row) => rowText(terminal, row))
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, index) => `<circle cx="${20 + index * 18}" cy="17" r="6" fill="${colour}"/>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
    ...dots,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="${foreground}">`,
    `<text x="${width / 2}" y="22" text-anchor="middle" opacity="0.6">${escaped(title)}</text>`,
    ...lines.flat(),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function rowText(terminal: Terminal, row: number): string[] {
  const top = titleHeight + row * cellHeight
  return stretchesOf(terminal, row)
    .filter(({ text, behind }) => text.trim() !== '' || behind !== undefined)
    .flatMap(({ column, text, style, behind }) => {
      const x = (margin + column * cellWidth).toFixed(1)
      const length = (Array.from(text).length * cellWidth).toFixed(1)
      const rect = `<rect x="${x}" y="${top}" width="${length}" height="${cellHeight}" fill="${behind}"/>`
      const drawn = `<text x="${x}" y="${top + 13}" textLength="${length}"${style}>${escaped(text)}</text>`
      return behind === undefined ? [drawn] : [rect, drawn]
    })
}

function stretchesOf(terminal: Terminal, row: number): Stretch[] {
  const line = terminal.buffer.active.getLine(row)
  const stretches: Stretch[] = []
  for (let column = 0; column < terminal.cols; column++) {
    const cell = line?.getCell(column)
    if (cell === undefined || cell.getWidth() === 0) continue
    const looks = looksOf(cell)
    const last = stretches.at(-1)
    const text = cell.getChars() || ' '
    if (last?.style === looks.style && last.behind === looks.behind) last.text += text
    else stretches.push({ column, text, ...looks })
  }
  return stretches
}

type Cell = NonNullable<
  ReturnType<NonNullable<ReturnType<Terminal['buffer']['active']['getLine']>>['getCell']>
>

function looksOf(cell: Cell): { style: string; behind: string | undefined } {
  const front = cell.isFgDefault() ? foreground : (palette[cell.getFgColor()] ?? foreground)
  const back = cell.isBgDefault() ? undefined : (palette[cell.getBgColor()] ?? background)
  const isInverse = cell.isInverse() !== 0
  const colour = isInverse ? (back ?? background) : front
  const style = [
    colour === foreground ? '' : ` fill="${colour}"`,
    cell.isBold() === 0 ? '' : ' font-weight="bold"',
    cell.isDim() === 0 ? '' : ' opacity="0.6"',
  ].join('')
  return { style, behind: isInverse ? front : back }
}

/** With spaces that no viewer folds into one. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0')
}
