import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** A config that cannot work: a key that does not exist, a value that makes no sense, options that exclude each other. */
export class DialectConfigError extends DialectError {
  readonly code = 'POOLCLASS_CONFIG'
  readonly docs: string = docsOf(this.code)
  /** The key at fault, as in `connectArgs.timeout`. */
  readonly key: string

  static {
    this.prototype.name = 'DialectConfigError'
  }

  constructor(key: string, message: string) {
    super(message)
    this.key = key
  }
}
