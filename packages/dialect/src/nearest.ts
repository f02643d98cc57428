import { distance } from 'fastest-levenshtein'

/**
 * The candidate that a misspelt word most likely meant, or undefined where none is near: about a third of its
 * letters are wrong, missing or too many. Case does not count.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => distance(word.toLowerCase(), candidate.toLowerCase()))
  const least = distances.indexOf(Math.min(...distances))
  const candidate = candidates[least]
  return candidate !== undefined && distances[least]! <= Math.max(2, candidate.length / 3)
    ? candidate
    : undefined
}
