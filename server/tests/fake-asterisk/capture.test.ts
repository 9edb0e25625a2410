import { expect, test } from 'vitest'
import { bytesOf, parseCapture, readCapture } from '../fixtures/capture.ts'

test('a capture is read back to the bytes of each side, pieces of a line apart', () => {
  const text =
    '# a remark\n[  0.001] S> Linked: \n[  0.001] S> T1\n[  0.001] S> \\r\\n\n[ 12.5] C> X: 41°\\n\n[ 13.000] S> <connection closed by server>\n'
  const pieces = parseCapture(text)
  expect(pieces.map(({ dir, t, closed }) => [dir, t, closed])).toEqual([
    ['S', 0.001, false],
    ['S', 0.001, false],
    ['S', 0.001, false],
    ['C', 12.5, false],
    ['S', 13, true],
  ])
  expect(bytesOf(pieces, 'S').toString()).toBe('Linked: T1\r\n')
  expect(bytesOf(pieces, 'C').toString()).toBe('X: 41°\n')
})

test('every line of a capture but its remarks is read', () => {
  expect(readCapture('04-xstat-sawstat-nodestat-zero-links')).toHaveLength(130)
})
