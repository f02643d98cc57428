/** The bytes of a size with a unit: as elsewhere in SQLite, a kilobyte has 1024 of them. Undefined for anything else. */
export function sizeOf(given: unknown): number | undefined {
  const [, digits, unit = ''] = /^(\d+) ?([kmg])(?:i?b)?$/i.exec(String(given)) ?? []
  return digits === undefined ? undefined : Number(digits) * 1024 ** ('kmg'.indexOf(unit.toLowerCase()) + 1)
}
