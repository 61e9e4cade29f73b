// Takes the pictures of the web pages that the documentation shows: a site of 1,000 machines, in Debian's Chromium.
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { WebSite, webSitePages } from '../test/fakes/web-site.ts'

const folder = fileURLToPath(new URL('../docs/pictures', import.meta.url))

await mkdir(folder, { recursive: true })
await using site = await WebSite.open(1000)
for (const [name, { path, shows }] of Object.entries(webSitePages)) {
  await site.goTo(path)
  await site.shows(shows)
  await site.shows('\nlive')
  if (name === 'machine') await site.tellWrite()
  for (const scheme of ['light', 'dark'] as const) {
    await site.page.show({ width: 1100, height: name === 'fleet' ? 900 : 700, scheme })
    const file = `${folder}/web-${name}-${scheme}.png`
    await writeFile(file, await site.page.picture())
    process.stdout.write(`${file}\n`)
  }
}
