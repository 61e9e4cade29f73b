import { html, type Html } from './html.ts'

export interface Page {
  readonly title: string
  /** Address of the page among those of the head line. */
  readonly place: string
  readonly main: Html
  /** Which events make it worth another look; a page without any stays as it is. */
  readonly topics?: readonly string[]
}

const places = [
  ['/', 'machines'],
  ['/images', 'images'],
  ['/events', 'events'],
] as const

/** A whole page. Reads without script; the script looks again when something happens. */
export function pageText({ title, place, main, topics = [] }: Page): string {
  const links = places.map(([address, name]) =>
    address === place
      ? html`<a href="${address}" aria-current="page">${name}</a>`
      : html`<a href="${address}">${name}</a>`,
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · repave</title>
        <link rel="stylesheet" href="/assets/page.css" />
        <link rel="icon" href="data:," />
        <script type="module" src="/assets/live.js"></script>
      </head>
      <body data-topics="${topics.join(' ')}">
        <header>
          <strong>repave</strong>
          <nav>${links}</nav>
          <output id="connection">not live</output>
        </header>
        <main>${main}</main>
      </body>
    </html> `.text
}
