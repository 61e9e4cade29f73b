/** What there is of content: each kind a folder of folders with one document in each. */
export const contentKinds = [
  { kind: 'bootenv', folder: 'bootenvs', fileName: 'bootenv.yaml' },
  { kind: 'workflow', folder: 'workflows', fileName: 'workflow.yaml' },
  { kind: 'profile', folder: 'profiles', fileName: 'profile.yaml' },
  { kind: 'rule', folder: 'rules', fileName: 'rule.yaml' },
  { kind: 'param', folder: 'params', fileName: 'param.yaml' },
  { kind: 'subnet', folder: 'subnets', fileName: 'subnet.yaml' },
  { kind: 'seed', folder: 'seeds', fileName: 'seed.yaml' },
] as const
export type ContentKind = (typeof contentKinds)[number]['kind']
