/** A node's id as everything here knows it. Callers have it from PHP (numbers), address bars and input fields (blanks). */
export const nodeIdOf = (id: string | number): string => String(id).trim()

/** The ids that are any, each once. */
export const nodeIdsOf = (ids: readonly (string | number)[]): string[] => [...new Set(ids.map(nodeIdOf))].filter((id) => id !== '')
