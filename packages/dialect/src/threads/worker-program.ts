/**
 * What a worker runs, as the body of a function of `require`. In the built package it is all of the program, because an
 * application that is bundled into one file takes no module along that is loaded only by its name.
 */
export const workerProgram: string = `import(${JSON.stringify(new URL('./worker-main.ts', import.meta.url))})`
