import { distance } from 'fastest-levenshtein'

/** The known name that a misspelt one was probably meant to be; `pool_size` and `PoolSize` are near `poolSize`. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => distance(plain(name), plain(candidate)))
  const least = distances.indexOf(Math.min(...distances))
  return distances[least]! <= Math.max(2, name.length / 3) ? known[least] : undefined
}

function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}
