import { setTimeout as sleep } from 'node:timers/promises'

import { createOperatorApp } from '../../src/daemon/api/operator-app.ts'
import { localCaller } from '../../src/daemon/domain/access/caller.ts'
import { ChromiumPage } from './chromium-page.ts'
import { MemoryOperatorServices } from './memory-operator-services.ts'
import { sampleProgress } from './sample-fleet.ts'
import { failedMachine, placeSite, writingMachine } from './sample-site.ts'

/** Every page of a site, and what a person reads there once it has come. */
export const webSitePages: Readonly<
  Record<string, { readonly path: string; readonly shows: string }>
> = {
  fleet: { path: '/', shows: 'r01-n01' },
  machine: { path: `/machines/${writingMachine.name}`, shows: 'write-image started' },
  failed: { path: `/machines/${failedMachine}`, shows: 'the disk said no' },
  images: { path: '/images', shows: 'debian-12' },
  events: { path: '/events', shows: 'run.succeeded' },
}

const reports = 120
const reportIntervalMs = 25
const patienceMs = 60_000
const mebibyte = 1024 ** 2

/** The pages of a site of `count` machines, in a browser that has logged in. */
export class WebSite implements AsyncDisposable {
  readonly page: ChromiumPage
  readonly #url: string
  readonly #services: MemoryOperatorServices
  readonly #close: () => Promise<void>

  private constructor(
    page: ChromiumPage,
    url: string,
    services: MemoryOperatorServices,
    close: () => Promise<void>,
  ) {
    this.page = page
    this.#url = url
    this.#services = services
    this.#close = close
  }

  static async open(count: number): Promise<WebSite> {
    const services = new MemoryOperatorServices()
    placeSite(services, count, Date.now())
    const app = await createOperatorApp(services, {})
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const login = services.webSessions.openLogin(localCaller)
    const page = await ChromiumPage.open(`${url}/login/${login}`)
    const site = new WebSite(page, url, services, () => app.close())
    await site.shows(`${count} machines`)
    return site
  }

  /** Resolves once a person can read `text`. */
  async shows(text: string): Promise<void> {
    const deadlineMs = performance.now() + patienceMs
    while (!(await this.page.text()).includes(text)) {
      if (performance.now() > deadlineMs) throw new Error(`the page does not show ${text}`)
      await sleep(100)
    }
  }

  goTo(path: string): Promise<unknown> {
    return this.page.goTo(this.#url + path)
  }

  /** A write of some time, told faster than it went; reports that come at once are one. */
  async tellWrite(): Promise<void> {
    for (let count = 1; count <= reports; count++) {
      const wave = Math.sin(count / 9) * 60 + Math.sin(count * 2.1) * 25
      const diskBytesPerSecond = Math.round((300 + wave) * mebibyte)
      const progress = sampleProgress({
        ...{ doneBytes: count * 11 * mebibyte, provenBytes: count * 10 * mebibyte },
        ...{ bytesPerSecond: diskBytesPerSecond, diskBytesPerSecond, bottleneck: 'disk' },
        ...{ networkBytesPerSecond: 104 * mebibyte, decodeBytesPerSecond: 512 * mebibyte },
      })
      this.#services.report({ ...writingMachine, progress })
      await sleep(reportIntervalMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page[Symbol.asyncDispose]()
    await this.#close()
  }
}
