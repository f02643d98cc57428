import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { BUNDLED_KYSELY } from './bundled-kysely.ts'

registerHooks({
  resolve(specifier, context, next) {
    const path = BUNDLED_KYSELY[specifier]
    return path === undefined
      ? next(specifier, context)
      : { url: pathToFileURL(path).href, shortCircuit: true }
  },
})
