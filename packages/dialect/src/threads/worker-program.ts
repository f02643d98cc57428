/**
 * What a worker runs: a module, or in the built package the text of a program that holds all of it, because an
 * application that is bundled into one file takes no module along that is loaded only by its name.
 */
export const workerProgram: URL | string = new URL('./worker-main.ts', import.meta.url)
