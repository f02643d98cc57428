/** The package has types, which its `exports` keep from being found. It has better-sqlite3's interface. */
declare module 'better-sqlite3-multiple-ciphers' {
  const constructor: unknown
  export default constructor
}
