import { ListenerTable } from './listener-table.ts'

const tables = new WeakMap<object, ListenerTable>()
let hasAny = false

/** Whether a listener was ever added to all pools of a class. Most programs never do that. */
export function anyClassIsHeard(): boolean {
  return hasAny
}

/** The listeners to all pools of a class, for code that is about to change them. */
export function listenersOfClass(poolclass: object): ListenerTable {
  hasAny = true
  return tableOf(poolclass)
}

/** Who listens to a pool by its class: those of the base class come first. */
export function tablesFor(poolclass: object): readonly ListenerTable[] {
  const base: unknown = Object.getPrototypeOf(poolclass)
  if (typeof base !== 'function' || base === Function.prototype) return [tableOf(poolclass)]
  return [...tablesFor(base), tableOf(poolclass)]
}

function tableOf(poolclass: object): ListenerTable {
  const known = tables.get(poolclass)
  if (known !== undefined) return known
  const table = new ListenerTable()
  tables.set(poolclass, table)
  return table
}
