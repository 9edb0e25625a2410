import { describe, expect, it } from 'vitest'
import { NO_INIS, NO_PERMISSIONS, parseAuthIni, parseAuthUsers, Rights } from '../../src/access/rights.ts'

const USERS = `<?php
/** who may press what */
$CONNECTUSER=array("ann", "Bob");   // connect
$DISCUSER = array('ann');
$DTMFUSER = array();
#$PERMUSER = array("ann");
?>
`
const rights = (users: string, inis = '<?php'): Rights =>
  new Rights(parseAuthUsers(users).value, parseAuthIni(inis).value)

describe('rights', () => {
  it('are what authusers.inc lists, names taken exactly', () => {
    const some = rights(USERS)
    expect(some.can('ann', 'CONNECTUSER')).toBe(true)
    expect(some.can('Bob', 'CONNECTUSER')).toBe(true)
    expect(some.can('bob', 'CONNECTUSER')).toBe(false)
    expect(some.can('ann', 'DTMFUSER')).toBe(false)
    expect(some.can('ann', 'PERMUSER')).toBe(false)
    expect(some.can('ann', 'constructor')).toBe(false)
    expect([...some.permissionsOf('ann')]).toEqual(['CONNECTUSER', 'DISCUSER'])
    expect(some.names).toEqual(['CONNECTUSER', 'DISCUSER', 'DTMFUSER'])
  })

  it('are none for a visitor, whatever the file says', () => {
    const some = rights('<?php $CONNECTUSER = array("", "null", null); $DISCUSER = array("");')
    expect(some.can(null, 'CONNECTUSER')).toBe(false)
    expect(some.can(null, 'DISCUSER')).toBe(false)
    expect(some.permissionsOf(null).size).toBe(0)
  })

  it('are granted to nobody by what is not understood', () => {
    const { value, warnings } = parseAuthUsers(
      '<?php $A = "ann"; $B = array("ann"); $B[x()] = "bob"; $C = array("ann");',
    )
    const some = new Rights(value, NO_INIS)
    expect(['A', 'B', 'C'].filter((name) => some.can('ann', name))).toEqual(['C'])
    expect(warnings.join('\n')).toMatch(/"\$A" is no list[^]*"\$B" is no list|"\$B"[^]*"\$A"/)
  })

  it('are none at all without files', () => {
    const none = new Rights(NO_PERMISSIONS, NO_INIS)
    expect(none.can('ann', 'CONNECTUSER')).toBe(false)
    expect(none.iniFor('ann')).toEqual({ kind: 'unmapped' })
  })
})

describe('the choice of an ini file', () => {
  const some = rights(
    '<?php',
    `<?php $ININAME['ann'] = "ann-allmon.ini"; $ININAME['eve'] = "../../etc/eve.ini"; $ININAME['dot'] = ".htpasswd";
     $ININAME['odd'] = $x;`,
  )

  it('is authini.inc, by user', () => {
    expect(some.iniFor('ann')).toEqual({ kind: 'mapped', file: 'ann-allmon.ini' })
    expect(some.iniFor('bob')).toEqual({ kind: 'unmapped' })
    expect(some.iniFor('Ann')).toEqual({ kind: 'unmapped' })
    expect(some.iniFor(null)).toEqual({ kind: 'anonymous' })
  })

  it('stays among the plain names beside it', () => {
    const narrow = rights(
      '<?php',
      `<?php $ININAME['ann'] = "a.ini"; $ININAME['eve'] = "../e.ini"; $ININAME['dot'] = ".x";`,
    )
    expect(narrow.iniFor('eve')).toEqual({ kind: 'unusable' })
    expect(narrow.iniFor('dot')).toEqual({ kind: 'unusable' })
    expect([...narrow.iniFiles]).toEqual(['a.ini'])
    // The folder of accounts need not be that of allmon.ini.
    expect(parseAuthIni(`<?php $ININAME['eve'] = "../e.ini";`).warnings).toEqual([
      'authini.inc: the file of user "eve" is no plain file name; this user gets no nodes: write the name of a file that stands beside authini.inc',
    ])
  })

  it('is none for anybody, not the general one, when the list is not understood', () => {
    for (const text of ['<?php $ININAME = load();', '<?php $ININAME = "x";', "<?php if (1) { $ININAME['a'] = 'b'; }"]) {
      expect(rights('<?php', text).iniFor('ann')).toEqual({ kind: 'unusable' })
    }
  })
})
