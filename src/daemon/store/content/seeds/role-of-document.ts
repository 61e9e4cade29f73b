import type { Seed } from '../../../../contract/seed.ts'
import type { Mapping, SeedRole } from '../../../domain/seed/seed-role.ts'
import { seedWords } from '../../../domain/seed/seed-words.ts'
import type { TemplateDestination, TemplateFacts } from '../../../domain/template/template.ts'
import type { Complain } from '../subnets/read-options.ts'
import { RenderingFailed, RoleTemplates, textOf } from './role-templates.ts'

/** The role that a checked document describes; complains of each template that is none. */
export function roleOfDocument(document: Seed, complain: Complain): SeedRole {
  const { name, datasource, params, secrets, userScript } = document
  if (userScript !== undefined && !mentionsPhoneHome(document)) {
    complain(['userScript'], 'it must call {{ phoneHomeUrl }}, else no deployment is ever proven')
  }
  const words = [
    ...seedWords,
    ...Object.keys(params).map((word) => `params.${word}`),
    ...Object.keys(secrets).map((word) => `secrets.${word}`),
  ]
  const parts = compile(document, new RoleTemplates(words, complain))
  return {
    name,
    datasource,
    paramDefaults: new Map(Object.entries(params).map(([word, param]) => [word, param.default])),
    machineParams: new Map(
      Object.entries(params).flatMap(([word, { param }]) =>
        param === undefined ? [] : [[word, param] as const],
      ),
    ),
    secretFiles: new Map(Object.entries(secrets).map(([word, { file }]) => [word, file])),
    render: (facts) => {
      try {
        return { ok: true, role: parts(facts) }
      } catch (thrown) {
        if (thrown instanceof RenderingFailed) return { ok: false, reason: thrown.message }
        throw thrown
      }
    },
  }
}

function compile(document: Seed, templates: RoleTemplates) {
  const mapping = (key: 'userData' | 'vendorData' | 'metaData' | 'networkConfig') => {
    const source = document[key]
    return source && (templates.mapping([key], source) as (facts: TemplateFacts) => Mapping)
  }
  const [userData, vendorData] = [mapping('userData'), mapping('vendorData')]
  const [metaData, networkConfig] = [mapping('metaData'), mapping('networkConfig')]
  const { userScript, files } = document
  const script =
    userScript && templates.text(['userScript'], userScript, scriptDestination(userScript))
  const fileTemplates = Object.entries(files).map(
    ([path, text]) => [path, templates.text(['files', path], text, fileDestination(path))] as const,
  )
  return (facts: TemplateFacts) => ({
    userData: userData?.(facts) ?? {},
    metaData: metaData?.(facts) ?? {},
    ...(vendorData && { vendorData: vendorData(facts) }),
    ...(networkConfig && { networkConfig: networkConfig(facts) }),
    ...(script && { userScript: textOf(script.render(facts)) }),
    files: Object.fromEntries(
      fileTemplates.map(([path, template]) => [path, textOf(template.render(facts))]),
    ),
  })
}

function mentionsPhoneHome({ userScript = '', files }: Seed): boolean {
  return [userScript, ...Object.values(files)].some((text) => text.includes('phoneHomeUrl'))
}

function scriptDestination(script: string): TemplateDestination {
  return script.startsWith('#ps1') ? 'powershell' : 'shell'
}

const destinations: Readonly<Record<string, TemplateDestination>> = {
  json: 'json',
  yaml: 'json',
  yml: 'json',
  xml: 'xml',
  ps1: 'powershell',
  sh: 'shell',
}

function fileDestination(path: string): TemplateDestination {
  return destinations[path.split('.').at(-1) ?? ''] ?? 'plain'
}
