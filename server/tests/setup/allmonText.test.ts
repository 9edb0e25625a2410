import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAllmonIni } from '../../src/config/allmonIni.ts'
import { Secret } from '../../src/config/secret.ts'
import { allmonText, isOurs, quoted, withLogin } from '../../src/setup/allmonText.ts'
import { anyCharacter } from './anyCharacter.ts'

const reveal = (secret: Secret) => secret.reveal()
const login = (secret: string, user = 'admin', host = '127.0.0.1') => ({ host, port: 5038, user, secret: new Secret(secret) })

it('gives back any user and secret as they were', () => {
  const word = fc.oneof(fc.array(anyCharacter, { maxLength: 30 }).map((parts) => parts.join('')), fc.array(fc.constantFrom('"', "'", '\\', ';', '#', '=', '[', ']', ' ', '$', '{', 'none', 'a'), { maxLength: 20 }).map((parts) => parts.join('')))
    .filter((text) => !/[\r\n]/.test(text))
  fc.assert(fc.property(word, word.filter((text) => text !== ''), (secret, user) => {
    const { nodes, warnings } = parseAllmonIni(allmonText(['546051', '1999'], login(secret, user), reveal))
    expect(nodes.map((node) => [node.id, node.user, node.secret.reveal(), node.host, node.port])).toEqual([
      ['546051', user, secret, '127.0.0.1', 5038], ['1999', user, secret, '127.0.0.1', 5038],
    ])
    expect(warnings).toEqual([])
  }))
})

it('refuses a line end, without showing what is secret', () => {
  expect(() => quoted('not-to\nbe-seen')).toThrow('A user or secret in manager.conf has a line end inside, which allmon.ini cannot hold. Give it another one.')
})

it('opens the page with the first nodes, puts all into the menu, and links no private node', () => {
  const config = parseAllmonIni(allmonText(['1999', '546051', '2000', '2001', '2002', '2003'], login('x', 'admin', '::1'), reveal))
  expect(config.defaultNodes).toEqual(['1999', '546051', '2000', '2001', '2002'])
  expect(config.nodes.map(({ menu, hideNodeURL, host }) => [menu, hideNodeURL, host])).toEqual([
    [true, true, '::1'], ...Array.from({ length: 5 }, () => [true, false, '::1']),
  ])
})

it('changes the user of one Asterisk alone, and no other byte', () => {
  const text = '; Written by supermon-live setup\r\n[1]\r\nhost = 127.0.0.1\r\nuser = admin ; mine\r\npasswd="old"\r\n\r\n[2]\nhost=192.0.2.1\nuser=other\npasswd=kept\n[3]\nhost=127.0.0.1:5039\nuser=third\n'
  const changed = withLogin(text, login('n"w', 'supermon-live'), reveal)
  expect(changed).toBe('; Written by supermon-live setup\r\n[1]\r\nhost = 127.0.0.1\r\nuser = "supermon-live"\r\npasswd = "n\\"w"\r\n\r\n[2]\nhost=192.0.2.1\nuser=other\npasswd=kept\n[3]\nhost=127.0.0.1:5039\nuser=third\n')
  expect([isOurs(text), isOurs('[1]\nhost=x')]).toEqual([true, false])
})
