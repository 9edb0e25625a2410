import { isIPv6 } from 'node:net'

/**
 * What counts as one address when attempts are counted: an IPv4 address, written as v4 or as `::ffff:` v6, or the /64
 * of an IPv6 address, as one customer has all of it. Anything else counts as written, cut at 64 characters.
 */
export function addressKey(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^\[|\]$/g, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!isIPv6(plain)) return plain.slice(0, 64)
  const [head = '', tail] = plain.toLowerCase().split('::')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right]
  return `${all.slice(0, 4).join(':')}::/64`
}

/** Groups of four hex digits, leading zeros off; a dotted end counts for two. */
function groups(text: string): string[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => (group.includes('.') ? ['v4', 'v4'] : [group.replace(/^0+(?=.)/, '')]))
}
