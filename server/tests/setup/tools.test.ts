/** How setup asks whoever sits at the terminal. */
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { askAt } from '../../src/setup/tools.ts'

/** @param keys null = the other end is gone before a key is pressed */
async function ask(keys: string | null): Promise<string> {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true })]
  const heard = new Promise<string>((resolve) => {
    void askAt(input, output, 'Now? [y/N] ', () => { resolve('interrupted') }).then((answer) => { resolve(answer ? 'yes' : 'no') })
  })
  if (keys === null) input.end()
  else input.write(keys)
  return heard
}

it.each([['y\n', 'yes'], ['YES\r', 'yes'], ['\n', 'no'], ['yeah\n', 'no'], ['\u0004', 'no'], [null, 'no'], ['\u0003', 'interrupted'], ['y\u0003', 'interrupted']])('%j is: %s', async (keys, answer) => {
  expect(await ask(keys)).toBe(answer)
})
