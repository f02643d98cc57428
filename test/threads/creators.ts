/** A creator whose databases have SQL functions that tell of their thread, or end it. */
export const CREATOR: URL = new URL('scripts/creator.ts', import.meta.url)

/** Creators that do not open anything. */
export const EXITS_WHILE_OPENING: URL = new URL('scripts/exits-while-opening.ts', import.meta.url)
export const FAILS_WHILE_LOADING: URL = new URL('scripts/fails-while-loading.ts', import.meta.url)
export const NEVER_LOADED: URL = new URL('scripts/never-loaded.ts', import.meta.url)

/** A creator whose module is this text. */
export function creatorOf(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`)
}

/** The numbers from 1 to the parameter. */
export const UP_TO = 'with recursive c(i) as (select 1 union all select i + 1 from c limit ?)'
