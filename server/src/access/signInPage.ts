import { isLoopback } from '../env/addressPace.ts'

/**
 * The page of the Supermon-NG that is asked at `url`, where that is an address of this machine alone: it would lead people to their
 * own. The page is on the site where ours is, and one step up, as its cookie comes to pages below it.
 *
 * @param base the path of our page
 * @returns a path of the site; null = people may be told the address
 */
export function pageAbove(url: string, base: string): string | null {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  const isOfThisMachine = host === 'localhost' || isLoopback(host)
  return isOfThisMachine && base !== '' ? base.slice(0, base.lastIndexOf('/') + 1) : null
}
