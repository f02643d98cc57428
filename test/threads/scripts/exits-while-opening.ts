/** A creator that ends its thread. */
export default function open(): never {
  process.exit(9)
}
