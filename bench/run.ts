/** `npm run bench -- keyup [count]`: figures to read, never a test. Build first (`npm run build`). */
import { measureKeyups } from './keyup.ts'

const [what = 'keyup', count = '300'] = process.argv.slice(2)
switch (what) {
  case 'keyup':
    console.log(JSON.stringify(await measureKeyups(Number(count)), null, 2))
    break
  default:
    console.error(`There is no bench called ${what}; there is: keyup.`)
    process.exitCode = 2
}
