import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The npm scripts are plain JavaScript: what the tests use of one is typed by the caller. */
export async function load<T>(name: string): Promise<T> {
  return (await import(/* @vite-ignore */ new URL(`../../../scripts/${name}`, import.meta.url).href)) as T
}
