// oxlint-disable-next-line import/no-unassigned-import -- Vitest wants a function, but the import is all
import '@poolclass/dialect'

export function setup(): void {}
