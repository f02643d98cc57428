import type { Request, Result } from 'autocannon'
import { SALES } from './database.ts'

export const randomSale: Request = {
  setupRequest: (request) => ({ ...request, path: `/sales/${1 + Math.floor(Math.random() * SALES)}` }),
}

export function rejectFailures({ errors, non2xx }: Result): void {
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} quick requests failed.`)
}
