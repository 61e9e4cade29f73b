import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { WebSite, webSitePages } from '../../../fakes/web-site.ts'

let site: WebSite

beforeAll(async () => {
  site = await WebSite.open(1000)
}, 90_000)
afterAll(() => site[Symbol.asyncDispose]())

/** In the page: texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
const faintTexts = `(() => {
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255]
  const painted = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgb = (colours) => {
    painted.fillStyle = 'rgb(' + canvas.join(' ') + ')'
    painted.fillRect(0, 0, 1, 1)
    for (const colour of colours) {
      painted.fillStyle = colour
      painted.fillRect(0, 0, 1, 1)
    }
    return [...painted.getImageData(0, 0, 1, 1).data.slice(0, 3)]
  }
  const luminance = (channels) => {
    const [r, g, b] = channels.map((channel) => {
      const share = channel / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const faint = []
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    if (!hasText || element.classList.contains('cell') || !element.checkVisibility()) continue
    const behind = []
    for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor)
    const [light, dark] = [rgb(behind), rgb([...behind, getComputedStyle(element).color])]
      .map(luminance).toSorted((left, right) => right - left)
    const contrast = (light + 0.05) / (dark + 0.05)
    if (contrast < 4.5) faint.push(element.textContent.trim().slice(0, 40) + ' ' + contrast.toFixed(2))
  }
  return [...new Set(faint)]
})()`

/** In the page: what it takes, and what it draws. */
const pageFacts = `({
  width: document.documentElement.scrollWidth,
  room: document.documentElement.clientWidth,
  cells: document.querySelectorAll('.rack .cell').length,
  bars: document.querySelectorAll('.timeline rect').length,
  points: document.querySelector('.sparkline polyline')?.getAttribute('points').split(' ').length ?? 0,
})`

describe('the pages of a site with 1,000 machines', () => {
  it.each(Object.entries(webSitePages))(
    '%s fits a wide window and a narrow one, and is readable in light and in dark',
    async (name, { path, shows }) => {
      await site.goTo(path)
      await site.shows(shows)
      if (name === 'machine') {
        await site.shows('\nlive\n')
        await site.tellWrite()
        await site.shows('limited by the disk')
      }
      for (const scheme of ['light', 'dark'] as const) {
        for (const width of [1200, 400]) {
          await site.page.show({ width, height: 900, scheme })
          const facts = (await site.page.evaluate(pageFacts)) as Record<string, number>
          expect(facts['width']).toBeLessThanOrEqual(facts['room'] ?? 0)
          expect(facts['cells']).toBe(name === 'fleet' ? 1000 : 0)
          if (name === 'machine') expect(facts['points']).toBeGreaterThan(20)
          if (name === 'machine' || name === 'failed') expect(facts['bars']).toBeGreaterThan(2)
          expect([scheme, width, await site.page.evaluate(faintTexts)]).toEqual([scheme, width, []])
        }
      }
      expect((await site.page.picture()).subarray(1, 4).toString()).toBe('PNG')
    },
    60_000,
  )
})
