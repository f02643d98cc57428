import type { CheckedConfig } from './resolved-config.ts'

/** Nobody can write through a connection of this config. */
export function isReadOnly({
  location,
  connectArgs,
}: Pick<CheckedConfig, 'location' | 'connectArgs'>): boolean {
  return (
    connectArgs.readonly ||
    (location.kind === 'file' && (location.mode === 'ro' || location.immutable === true))
  )
}
