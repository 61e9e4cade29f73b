import type { EffectiveParam, ParamValue } from '../../../contract/param.ts'

/** `{{ params.console }}` within an argument. */
const placePattern = /\{\{ *params\.([a-z0-9-]+) *\}\}/g
/** Inert to iPXE, to GRUB and to the kernel alike. */
const inertText = /^[\w.,:=/@+-]+$/

export interface RenderedArguments {
  readonly kernelArguments: readonly string[]
  /** Arguments that could not be filled in, each with the reason. */
  readonly leftOut: readonly string[]
}

/** The params that an argument names. */
export function paramsNamedBy(argument: string): readonly string[] {
  return [...argument.matchAll(placePattern)].map(([, name = '']) => name)
}

/**
 * Kernel arguments with their params filled in. One whose param has no value, or a value that could become
 * more than a part of this argument, is left out: a machine boots without it rather than with another.
 */
export function renderKernelArguments(
  templates: readonly string[],
  params: readonly EffectiveParam[],
): RenderedArguments {
  const values = new Map(params.map((param) => [param.name, param]))
  const kernelArguments: string[] = []
  const leftOut: string[] = []
  for (const template of templates) {
    let refusal: string | undefined
    const rendered = template.replaceAll(placePattern, (_place, name: string) => {
      const param = values.get(name)
      const text = param === undefined || param.isSecret ? undefined : valueText(param.value)
      if (text === undefined) refusal ??= `${name} has no value that can stand there`
      else if (!inertText.test(text)) refusal ??= `${name} holds what no kernel argument may`
      return text ?? ''
    })
    if (refusal === undefined) kernelArguments.push(rendered)
    else leftOut.push(`${template}: ${refusal}`)
  }
  return { kernelArguments, leftOut }
}

/** Several values with commas between them, as the kernel takes lists. */
function valueText(value: ParamValue): string | undefined {
  if (Array.isArray(value)) return value.map(valueText).join(',')
  return typeof value === 'object' ? undefined : String(value)
}
