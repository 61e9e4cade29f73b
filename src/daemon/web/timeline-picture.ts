import type { Run } from '../../contract/run.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { stageDurationMs, stagesOf } from '../../presentation/run-stages.ts'
import { stageMark, toneSymbol } from '../../presentation/state-mark.ts'
import { html, type Html } from './html.ts'

/** Height of a bar, in pixels. */
const barPixels = 18
/** Bars lie on a scale of so many units, whatever time the run took. */
const scale = 1000

/** A run's stages as bars on one scale of time: when each began, and how long it took. */
export function timelinePicture(run: Run, nowMs: number): Html {
  const stages = stagesOf(run)
  const beganMs = run.startedAtMs ?? run.createdAtMs
  const spanMs = Math.max(1, (run.endedAtMs ?? nowMs) - beganMs)
  const rows = stages.map((stage) => {
    const { tone, word } = stageMark(stage.state)
    const tookMs = stageDurationMs(stage, run.endedAtMs ?? nowMs)
    const left = Math.round(
      (scale * Math.max(0, (stage.startedAtMs ?? beganMs) - beganMs)) / spanMs,
    )
    const width = tookMs === undefined ? 0 : Math.max(3, Math.round((scale * tookMs) / spanMs))
    const label = `${toneSymbol(tone, false)} ${stage.name} ${tookMs === undefined ? word : durationText(tookMs)}`
    return html`<li class="${tone}">
      <span>${label}</span>
      <svg
        viewBox="0 0 ${scale} ${barPixels}"
        preserveAspectRatio="none"
        role="img"
        aria-label="${label}"
      >
        <rect
          x="${Math.min(left, scale - 3)}"
          y="0"
          width="${Math.min(width, scale - Math.min(left, scale - 3))}"
          height="${barPixels}"
        />
      </svg>
    </li>`
  })
  return html`<ol class="timeline">
    ${rows}
  </ol>`
}
