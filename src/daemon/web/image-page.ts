import { formatByteSize } from '../../base/byte-size.ts'
import type { Image } from '../../contract/api-documents.ts'
import type { Machine } from '../../contract/machine.ts'
import { shownText } from '../../presentation/shown-text.ts'
import { imageMark } from '../../presentation/state-mark.ts'
import { html } from './html.ts'
import { markHtml } from './mark-html.ts'
import type { Page } from './page-frame.ts'

/** Every image, and on how many machines it is. */
export function imagePage(images: readonly Image[], machines: readonly Machine[]): Page {
  const rows = images.map((image) => {
    const count = machines.filter(({ imageName }) => imageName === image.name).length
    return html`<tr>
      <td>${image.name}</td>
      <td>${shownText(image.version)}</td>
      <td>${markHtml(imageMark(image))}</td>
      <td>${formatByteSize(image.rawBytes)}</td>
      <td class="less">${formatByteSize(image.packBytes)}</td>
      <td>${count}</td>
      <td class="digest"><code title="${image.digest}">${image.digest}</code></td>
    </tr>`
  })
  return {
    title: 'images',
    place: '/images',
    topics: ['image,machine.*.*'],
    main:
      rows.length === 0
        ? html`<p>No image yet.</p>
            <p class="command">repave image build debian-12</p>`
        : html`<div class="wide">
            <table>
              <thead>
                <tr>
                  <th>name</th>
                  <th>version</th>
                  <th>state</th>
                  <th>size</th>
                  <th class="less">stored</th>
                  <th>machines</th>
                  <th>digest</th>
                </tr>
              </thead>
              <tbody>
                ${rows}
              </tbody>
            </table>
          </div>`,
  }
}
