import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** A config that cannot work: an unknown key, an invalid value, or options that exclude each other. */
export class DialectConfigError extends DialectError {
  readonly code = 'POOLCLASS_CONFIG'
  readonly docs: string = docsOf(this.code)
  /** The key at fault, such as `connectArgs.timeout`. */
  readonly key: string

  static {
    this.prototype.name = 'DialectConfigError'
  }

  constructor(key: string, message: string) {
    super(message)
    this.key = key
  }
}
