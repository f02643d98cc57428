/** What a reader will ask about the figures of a subject. */
export const remarks: Readonly<Record<string, string>> = {}
