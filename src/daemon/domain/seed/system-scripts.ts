import type { Mapping } from './seed-role.ts'

/** A script of the workflow that the new system runs, with what it learns of its place. */
export interface SystemScript {
  readonly name: string
  readonly text: string
  readonly environment: Readonly<Record<string, string>>
}

const folder = '/var/lib/repave/first-boot'

/** What cloud-init starts; by then its other work is done, and it has not called home. */
export const startScripts = ['sh', `${folder}/run`] as const

/** The scripts as files for cloud-init's `write_files`, and the one that runs them in their order. */
export function scriptFiles(scripts: readonly SystemScript[], phoneHomeUrl: string): Mapping[] {
  const ours = scripts.flatMap((script, index) => {
    const place = `${folder}/${String(index + 1).padStart(3, '0')}-${script.name}`
    return [file(`${place}.script`, script.text), file(`${place}.env`, environmentText(script))]
  })
  return [
    ...ours,
    file(`${folder}/tell`, tellProgram),
    file(`${folder}/run`, runText(phoneHomeUrl)),
  ]
}

function file(path: string, content: string): Mapping {
  return { path, content, permissions: '0700' }
}

function environmentText({ environment }: SystemScript): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
    .join('')
}

/** One word of sh, whatever is in it. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Each script in a shell of its own; the daemon says whether there is a reason to go on. */
function runText(phoneHomeUrl: string): string {
  return `#!/bin/sh
cd ${folder} || exit 1
for script in *.script; do
  name=\${script%.script}
  ( . "./$name.env"; exec sh "./$script" ) > "$name.log" 2>&1
  python3 ./tell ${shellWord(`${phoneHomeUrl}/scripts/`)}"\${name#*-}" "$?" "$name.log" || exit 0
done
`
}

/** Python is there: cloud-init is written in it. Ends with 0 where the daemon says to go on. */
const tellProgram = `import sys, time, urllib.parse, urllib.request
url, status, log = sys.argv[1:]
with open(log, 'rb') as file:
    file.seek(max(0, file.seek(0, 2) - 1000))
    output = file.read().decode('utf-8', 'replace')
body = urllib.parse.urlencode({'exit_code': status, 'output': output}).encode()
for attempt in range(60):
    try:
        with urllib.request.urlopen(url, body, timeout=20) as answer:
            sys.exit(0 if answer.read().strip() == b'go on' else 1)
    except OSError:
        time.sleep(5)
sys.exit(1)
`
