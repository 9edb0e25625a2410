/** How a path is gone, link by link: a link in a shut folder leads nowhere, however open what it leads to. */
import { followLinks } from '../env/followLinks.ts'
import type { Way } from '../env/followLinks.ts'
import type { Place } from './place.ts'

/** @returns null when there is no such thing */
export async function wayTo(path: string, place: Place): Promise<Way | null> {
  const way = await followLinks(path, (each) => place.at(each))
  return way !== null && (await place.isThere(way.end)) ? way : null
}
