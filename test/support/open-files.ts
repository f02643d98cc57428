import { existsSync, readdirSync, readlinkSync } from 'node:fs'

const DESCRIPTORS = '/proc/self/fd'

/** The files in a directory that this process has open, in all its threads; none where the system does not tell. */
export function openFilesIn(directory: string): string[] {
  if (!existsSync(DESCRIPTORS)) return []
  return readdirSync(DESCRIPTORS)
    .map(targetOf)
    .filter((file) => file.startsWith(directory))
}

/** Empty for one that was closed meanwhile, such as the listing's own. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`)
  } catch {
    return ''
  }
}
