/** Classes of events and rights (manager.c `perms`). A mask is a set of them, as bits. */
const BITS: Readonly<Record<string, number>> = {
  system: 1 << 0,
  call: 1 << 1,
  log: 1 << 2,
  verbose: 1 << 3,
  command: 1 << 4,
  agent: 1 << 5,
  user: 1 << 6,
  config: 1 << 7,
  dtmf: 1 << 8,
  reporting: 1 << 9,
  cdr: 1 << 10,
  dialplan: 1 << 11,
  originate: 1 << 12,
  agi: 1 << 13,
  cc: 1 << 15,
  aoc: 1 << 16,
  test: 1 << 17,
  security: 1 << 18,
  message: 1 << 30,
}

export const ALL = 0x7fffffff

/** One class's bit; 0 for a word that is none. */
export function classBit(word: string): number {
  return word === 'all' ? ALL : (BITS[word] ?? 0)
}

/** `read=` and `write=` of manager.conf: a list of classes. */
export function parseRights(text: string): number {
  return text.split(',').reduce((mask, word) => mask | classBit(word.trim()), 0)
}

/** The Events header (manager.c `strings_to_mask`); null when it is empty. Digits are bits, so `1` is `system` alone. */
export function parseMask(text: string): number | null {
  if (text === '') return null
  if (/^\d+$/.test(text)) return Number(text) & ALL
  if (/^(off|no|false|n|f)$/i.test(text)) return 0
  if (/^(on|yes|true|y|t)$/i.test(text)) return ALL
  return parseRights(text)
}
