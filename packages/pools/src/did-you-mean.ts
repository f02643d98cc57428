/** The known name that a misspelt one was probably meant to be; `pool_size` and `PoolSize` are near `poolSize`. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(plain(name), plain(candidate)))
  const nearest = Math.min(...distances)
  return nearest <= Math.max(2, name.length / 4) ? known[distances.indexOf(nearest)] : undefined
}

function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (from[i] === to[j] ? 0 : 1)
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
