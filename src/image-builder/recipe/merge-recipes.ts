import type { DerivedRecipe, ImageRecipe } from '../../contract/image-recipe.ts'

type Units = ImageRecipe['units']

/** One recipe that says what both say: single values of `derived` win, its lists come behind the base's. */
export function mergeRecipes(base: ImageRecipe, derived: DerivedRecipe): ImageRecipe {
  const dropped = new Set(derived.withoutPackages)
  return {
    name: derived.name,
    ...(derived.description === undefined ? {} : { description: derived.description }),
    version: derived.version ?? base.version,
    arch: base.arch,
    suite: derived.suite ?? base.suite,
    size: derived.size ?? base.size,
    root: derived.root ?? base.root,
    kernel: {
      package: derived.kernel.package ?? base.kernel.package,
      arguments: [...base.kernel.arguments, ...derived.kernel.arguments],
    },
    packages: joined(
      base.packages.filter((name) => !dropped.has(name)),
      derived.packages,
    ),
    avoid: joined(base.avoid, derived.avoid),
    leaveOut: joined(base.leaveOut, derived.leaveOut),
    keep: joined(base.keep, derived.keep),
    units: mergeUnits(base.units, derived.units),
    scripts: derived.scripts,
    ssh: derived.ssh ?? base.ssh,
  }
}

function joined(first: readonly string[], second: readonly string[]): string[] {
  return [...new Set([...first, ...second])]
}

/** What the upper recipe says of a unit replaces what the lower one says of it. */
function mergeUnits(base: Units, derived: Units): Units {
  const named = new Set([...derived.enable, ...derived.disable, ...derived.mask])
  const merge = (verb: keyof Units) =>
    joined(
      base[verb].filter((unit) => !named.has(unit)),
      derived[verb],
    )
  return { enable: merge('enable'), disable: merge('disable'), mask: merge('mask') }
}
