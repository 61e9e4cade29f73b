import { formatByteSize } from '../../base/byte-size.ts'
import type { Disk } from '../machine.ts'
import type { DiskRule } from '../workflow.ts'

type Fact = string | boolean | undefined

/** Why the disk is not one that the rule means; undefined when it is. */
export function ruleMismatch(disk: Disk, rule: DiskRule): string | undefined {
  const facts: Record<string, readonly [found: Fact, wanted: Fact]> = {
    serial: [disk.serial, rule.serial],
    wwn: [disk.wwn, rule.wwn],
    model: [disk.model, rule.model],
    vendor: [disk.vendor, rule.vendor],
    path: [disk.physicalPath, rule.path],
    rotational: [disk.rotational, rule.rotational],
    transport: [disk.transport, rule.transport],
  }
  for (const [name, [found, wanted]] of Object.entries(facts)) {
    if (wanted !== undefined && !isAlike(name, found, wanted)) {
      return `${name} is ${String(found ?? 'unknown')}, not ${String(wanted)}`
    }
  }
  if (rule.minimumBytes !== undefined && disk.sizeBytes < rule.minimumBytes) {
    return `smaller than ${formatByteSize(rule.minimumBytes)}`
  }
  if (rule.maximumBytes !== undefined && disk.sizeBytes > rule.maximumBytes) {
    return `larger than ${formatByteSize(rule.maximumBytes)}`
  }
  return undefined
}

function isAlike(name: string, found: Fact, wanted: Fact): boolean {
  if (name !== 'model' && name !== 'vendor') return found === wanted
  return typeof found === 'string' && matchesText(found, String(wanted))
}

/** `*` stands for any text; everything else for itself. No regular expression, so none can be slow. */
function matchesText(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let place = first.length
  for (const part of rest) {
    const found = text.indexOf(part, place)
    if (found === -1) return false
    place = found + part.length
  }
  return text.length - last.length >= place && text.endsWith(last)
}
