/** The version of this package, also where a bundler has left its `package.json` behind. */
export const VERSION = '0.1.0'
