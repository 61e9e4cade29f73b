/** One line of `modules.dep`: a module and everything it needs, as paths below the release folder. */
type ModuleNeeds = ReadonlyMap<string, readonly string[]>

/**
 * The modules below the selected folders with all they need, sorted. `modulesDep` is depmod's
 * `modules.dep` (modules.dep(5)), whose lines already name the whole closure.
 */
export function selectModulePaths(
  modulesDep: string,
  selected: readonly string[],
  omitted: readonly string[],
): string[] {
  const needs = readModulesDep(modulesDep)
  const isBelow = (path: string, places: readonly string[]): boolean =>
    places.some((place) =>
      place.endsWith('/') ? path.startsWith(`kernel/${place}`) : path === `kernel/${place}`,
    )
  const chosen = new Set<string>()
  for (const [path, needed] of needs) {
    if (!isBelow(path, selected) || isBelow(path, omitted)) continue
    for (const one of [path, ...needed]) chosen.add(one)
  }
  return [...chosen].sort()
}

/** The lines of `modules.dep` that stand for the chosen modules. */
export function filterModulesDep(modulesDep: string, chosen: readonly string[]): string {
  const paths = new Set(chosen)
  return linesOf(modulesDep)
    .filter((line) => paths.has(line.slice(0, line.indexOf(':'))))
    .map((line) => `${line}\n`)
    .join('')
}

/** The lines of `modules.alias` (`alias PATTERN NAME`) that name a chosen module. */
export function filterModulesAlias(modulesAlias: string, chosen: readonly string[]): string {
  const names = new Set(chosen.map(moduleName))
  return linesOf(modulesAlias)
    .filter((line) => names.has(line.slice(line.lastIndexOf(' ') + 1)))
    .map((line) => `${line}\n`)
    .join('')
}

/** `kernel/drivers/net/phy/mdio-bus.ko` → `mdio_bus`, the spelling of aliases. */
function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return file.replace(/\.ko$/, '').replaceAll('-', '_')
}

function readModulesDep(text: string): ModuleNeeds {
  return new Map(
    linesOf(text).map((line) => {
      const [path = '', rest = ''] = line.split(':')
      return [path, rest.split(' ').filter((needed) => needed !== '')]
    }),
  )
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}
