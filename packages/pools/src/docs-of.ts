/**
 * Where an error of either package is explained: a heading of the page that `@poolclass/dialect` contains in the version that threw it.
 * An address on the web would need a site that lives as long as the package.
 */
export function docsOf(code: string): string {
  return `${ERRORS_PAGE}#${code.toLowerCase()}`
}

const ERRORS_PAGE = '@poolclass/dialect/docs/errors.md'
