import type { Engine } from '../engine.ts'

/** The engines in this thread that use one file. An engine that was never stopped, and that nobody uses any more, drops out. */
export class WeakEngines implements Iterable<Engine> {
  readonly #references: Set<WeakRef<Engine>> = new Set()

  get isEmpty(): boolean {
    return this[Symbol.iterator]().next().done === true
  }

  add(engine: Engine): void {
    this.#references.add(new WeakRef(engine))
  }

  delete(engine: Engine): void {
    for (const reference of this.#references) {
      if (reference.deref() === engine) this.#references.delete(reference)
    }
  }

  *[Symbol.iterator](): Generator<Engine, void> {
    for (const reference of this.#references) {
      const engine = reference.deref()
      if (engine === undefined) this.#references.delete(reference)
      else yield engine
    }
  }
}
