/** Icons are shapes first: they tell apart without colour. Drawn in a 16 × 16 box, stroke only. */
export type Shape =
  'ok' | 'busy' | 'wait' | 'pause' | 'bad' | 'warn' | 'unknown' | 'talk' | 'idle' | 'ptt' | 'cos' | 'both' | 'mix'

const CIRCLE = 'M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5z'
const TALK = 'M2.5 9.5v-3M5.25 12V4M8 14V2M10.75 12V4M13.5 9.5v-3'

export const SHAPES: Readonly<Record<Shape, string>> = {
  ok: `${CIRCLE}M5 8.25l2.25 2.25L11 6`,
  busy: 'M8 1.75a6.25 6.25 0 1 1-5.4 3.1M2 1.75v3.5h3.5',
  wait: `${CIRCLE}M8 4.5V8l2.5 1.75`,
  pause: `${CIRCLE}M6.25 5.5v5M9.75 5.5v5`,
  bad: 'M5.25 1.75h5.5l3.5 3.5v5.5l-3.5 3.5h-5.5l-3.5-3.5v-5.5zM5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5',
  warn: 'M8 2L14.5 13.5h-13zM8 6.25v3.5M8 11.5v.25',
  unknown: `${CIRCLE}M6 6.25a2 2 0 1 1 2.75 1.85C8.25 8.3 8 8.6 8 9.25M8 11.4v.25`,
  talk: TALK,
  idle: `${CIRCLE}M5 8h6`,
  ptt: 'M8 14V8.5M8 8.25v.01M4.8 5a4.6 4.6 0 0 0 0 6.4M11.2 5a4.6 4.6 0 0 1 0 6.4M2.6 2.9a7.6 7.6 0 0 0 0 10.6M13.4 2.9a7.6 7.6 0 0 1 0 10.6',
  cos: TALK,
  mix: `${CIRCLE}M8 5v6M5 8h6`,
  both: 'M2 5.5h11M10 2.5l3 3l-3 3M14 10.5H3M6 7.5l-3 3l3 3',
}
