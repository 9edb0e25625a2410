/** For languages in which all but one are many. */
export const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)
