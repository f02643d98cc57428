/** The known name that a misspelt one was probably meant to be; `pool_size` and `PoolSize` are near `poolSize`. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)))
  const least = distances.indexOf(Math.min(...distances))
  return distances[least]! <= Math.max(2, name.length / 3) ? known[least] : undefined
}

function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}

/** How many letters have to be put in, left out or replaced to get from one to the other (Levenshtein's distance). */
function distance(from: string, to: string): number {
  // From each beginning of `from`, to as much of `to` as was looked at.
  let row = Array.from({ length: from.length + 1 }, (_, length) => length)
  for (const [looked, letter] of [...to].entries()) {
    const next = [looked + 1]
    for (let at = 0; at < from.length; at += 1) {
      const replaced = row[at]! + (from[at] === letter ? 0 : 1)
      next.push(Math.min(replaced, row[at + 1]! + 1, next[at]! + 1))
    }
    row = next
  }
  return row[from.length]!
}
