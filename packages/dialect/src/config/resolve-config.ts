import { DRIVERS } from '../drivers/choose-driver.ts'
import { absoluteLocation } from '../url/absolute-location.ts'
import { checkConfig } from './check-config.ts'
import type { PooledSqliteDialectConfig } from './dialect-config.ts'
import { extensionFiles } from './extension-files.ts'
import { keyBytes } from './key.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/**
 * Checks a config, fills in the defaults, and adds what it means in this process: its drivers, its working directory and
 * its environment.
 *
 * @throws DialectConfigError, SqliteUrlError as `checkConfig` does; DialectConfigError for what this process does not have.
 */
export function resolveConfig(given: string | URL | PooledSqliteDialectConfig): ResolvedConfig {
  const checked = checkConfig(given)
  return {
    ...checked,
    driver: DRIVERS[checked.driver.name],
    location: absoluteLocation(checked.location),
    extensions: extensionFiles(checked.extensions),
    key: checked.key === undefined ? undefined : keyBytes(checked.key),
  }
}
