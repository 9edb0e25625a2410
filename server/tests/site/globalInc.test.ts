import { expect, it } from 'vitest'
import { NO_FACTS, parseGlobalInc } from '../../src/site/globalInc.ts'

const read = (...lines: string[]) => parseGlobalInc(`<?php\n${lines.join('\n')}\n`, 'global.inc')
const fact = (name: string, value: string) => Object.values(read(`$${name} = '${value.replaceAll("'", "\\'")}';`).value).find((each) => each !== null) ?? null

it('tells what the file says, by the names that pages ask for', () => {
  const { value, warnings } = read(
    '$CALL = "W5GLE"; $NAME = "Club"; $LOCATION = "<b>Alvin</b>,<br>Texas &amp; beyond"; $TITLE2 = "Hub";', '$TITLE3 = ""; $SMSERVERNAME = "Supermon";',
    '$LOGO_NAME = "club logo.png"; $LOGO_SIZE = "15%"; $LOGO_URL = "https://club.example/>"; $MY_URL = "/map";', '$BACKGROUND_COLOR = "rgb(1, 2, 3)"; $CALLSIGN_COLOR = "#0f0";',
    '$PASSWORD = "sesame"; $WELCOME_MSG = "Hello";',
  )
  expect(value).toEqual({
    ...NO_FACTS, callsign: 'W5GLE', maintainer: 'Club', location: 'Alvin, Texas & beyond', title2: 'Hub', smServerName: 'Supermon', welcomeMsg: 'Hello',
    logoName: 'club logo.png', logoSize: '15%', logoUrl: 'https://club.example/>', myUrl: '/map', backgroundColor: 'rgb(1, 2, 3)', callsignColor: '#0f0',
  })
  expect(warnings).toEqual([])
})

it.each(['<script>alert(1)</script>Hub', '<img src=x onerror=alert(1)>Hub', '&lt;img src=x onerror=alert(1)&gt;Hub', '&#60;svg/onload=alert(1)&#62;Hub', 'Hub<script', '<<b>script>Hub'])(
  'tells %s as text that is no markup, not even to a page that takes it for some',
  (written) => {
    for (const name of ['CALL', 'LOCATION', 'WELCOME_MSG', 'TITLE2']) {
      expect(fact(name, written)).toContain('Hub')
      expect(fact(name, written)).not.toMatch(/[<>]/)
    }
  },
)

it.each([
  ['MY_URL', 'javascript:alert(1)'], ['LOGO_URL', 'data:text/html,x>'], ['DVM_URL', 'jav\tascript:x'],
  ['LOGO_NAME', '../../etc/passwd'], ['LOGO_NAME', '.htpasswd'], ['LOGO_NAME', '/etc/passwd'], ['LOGO_NAME', 'a\\b.png'], ['LOGO_NAME', '..'],
  ['BACKGROUND_COLOR', 'red;background:url(//evil.example)'], ['CALLSIGN_COLOR', 'url(x)'], ['LOGO_SIZE', 'calc(1px)'], ['BACKGROUND_HEIGHT', '1px;x'], ['DISPLAY_BACKGROUND', '"><b>'],
])('leaves %s out when it says %j, and says so without showing it', (name, written) => {
  const { value, warnings } = read(`$${name} = '${written.replaceAll('\\', '\\\\')}';`)
  expect(value).toEqual(NO_FACTS)
  expect(warnings).toEqual([expect.stringContaining(`$${name} is not what it should be`)])
  expect(warnings.join()).not.toContain(written)
})

it('tells nothing of a file that is a program', () => {
  expect(parseGlobalInc('<?php if (1) { $CALL = "W5GLE"; }', 'global.inc')).toMatchObject({ value: NO_FACTS, broken: true })
})
