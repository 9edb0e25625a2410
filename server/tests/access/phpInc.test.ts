import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePhpInc } from '../../src/access/phpInc.ts'

type Plain = string | null | Record<string, string | null>

function read(code: string): { values: Record<string, Plain>; warnings: readonly string[]; broken: boolean } {
  const { value, warnings, broken } = parsePhpInc(`<?php\n${code}`, 'x.inc')
  const plain = [...value].map(([name, v]): [string, Plain] => {
    if (v === null || typeof v === 'string') return [name, v]
    return [name, Object.fromEntries(v)]
  })
  return { values: Object.fromEntries(plain), warnings, broken }
}

describe('assignments of a Supermon .inc file', () => {
  it.each<[string, Record<string, Plain>]>([
    ['$A = array("x","y");', { A: { 0: 'x', 1: 'y' } }],
    ["$A=array( 'x' , 'y' , ) ;", { A: { 0: 'x', 1: 'y' } }],
    ['$A = ["x", \'y\'];', { A: { 0: 'x', 1: 'y' } }],
    ['$A = Array();', { A: {} }],
    ['$A = array("x",\n // "no"\n # "no"\n /* "no", */ "y");', { A: { 0: 'x', 1: 'y' } }],
    ['$A = array(73, "x");', { A: { 0: '73', 1: 'x' } }],
    ['$A = array("k" => "v", "w");', { A: { k: 'v', 0: 'w' } }],
    ['$A = array(5 => "v", "w");', { A: { 5: 'v', 6: 'w' } }],
    ["$A['user'] = \"file.ini\"; $A['b'] = 'c';", { A: { user: 'file.ini', b: 'c' } }],
    ['$A[] = "x"; $A[] = "y";', { A: { 0: 'x', 1: 'y' } }],
    ['$A = array("x"); $A = array("y");', { A: { 0: 'y' } }],
    ['$CALL = "W1AW";', { CALL: 'W1AW' }],
    ['$A = "it\'s \\"73\\" \\$5 \\\\ \\q"; $B = \'a\\\'b\\\\c\\n\';', { A: 'it\'s "73" $5 \\ \\q', B: "a'b\\c\\n" }],
    ['$A = "100 $ or $5";', { A: '100 $ or $5' }],
    ['$A = "// no comment"; # ; $B = "x";', { A: '// no comment' }],
    ['$A = "x" ?>\n<b>$B = "no";</b>\n<?php $C = "y";', { A: 'x', C: 'y' }],
    ['// $A = "no"; ?><?php $B = "yes";', { B: 'yes' }],
    ['$__proto__ = "x";', { ['__proto__']: 'x' }],
  ])('%s', (code, values) => {
    const { warnings, broken, ...rest } = read(code)
    expect({ warnings, broken }).toEqual({ warnings: [], broken: false })
    if (!Object.hasOwn(values, '__proto__')) expect(rest.values).toEqual(values)
  })

  it.each([
    ['$A = array(x);', { A: null }],
    ['$A = array("x" "y");', { A: null }],
    ['$A = array("x"; $B = "y";', { A: null, B: 'y' }],
    ['$A = array("x"); $A = array_diff($A, $B);', { A: null, B: null }],
    ['$A = array("x"); $A .= "y";', { A: null }],
    ['$A = array("x"); unset($A);', { A: null }],
    ['$A = "hello $B";', { A: null }],
    ['$A = "hello {$B}";', { A: null }],
    ['$A = "\\x41";', { A: null }],
    ['$A["u"] = $B;', { A: { u: null }, B: null }],
    ['$A["u"] = $A = "x";', { A: null }],
    ['$A["k"] = "v"; $A["u"] = f();', { A: { k: 'v', u: null } }],
    ['$A = "text"; $A[] = "v";', { A: null }],
    ['$A = f(); $A["k"] = "v";', { A: null }],
    ['$A = $B = "x";', { A: null, B: null }],
    ['$A = f(); $A = array("x");', { A: { 0: 'x' } }],
    ['$A = true;', { A: null }],
    ['$A = "x" == "y";', { A: null }],
  ] satisfies [string, Record<string, Plain>][])('does not guess what is meant by %s', (code, values) => {
    const { values: got, warnings, broken } = read(code)
    expect(broken).toBe(false)
    expect(warnings.length).toBeGreaterThan(0)
    expect(got).toEqual(values)
  })

  it.each([
    'if ($x) { $A = array("x"); }',
    'if ($x) $A = array("x");',
    '$A = array("x"); return; $A = array();',
    '$A = array("x"); $$A = array("y");',
    'include "other.inc";',
    '$A = include("other.inc");',
    '$A = array("x"); foo();',
    '$A = array("x", "y',
    '$A = array("x"); /* the rest',
    '$A = array("x"); $B = array("y")',
    '$A = "x"; \0',
  ])('takes %s for broken and grants nothing from it', (code) => {
    expect(read(code)).toMatchObject({ values: {}, broken: true, warnings: [expect.stringMatching(/^x\.inc/)] })
  })

  it('names the line', () => {
    expect(read('\n\n$A = "a\nb";\n$B = f();').warnings).toEqual([expect.stringMatching(/^x\.inc:6: .*"\$B"/)])
  })

  it('skips statements that concern no variable', () => {
    expect(read('define("X", 1); echo "hello"; $A = "x";')).toMatchObject({ values: { A: 'x' }, broken: false })
  })

  it('reads a file without <?php, with a warning: PHP would print it', () => {
    const { value, warnings } = parsePhpInc('$A = array("x");', 'x.inc')
    expect(value.has('A')).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('<?php')])
    expect(parsePhpInc('', 'x.inc')).toMatchObject({ warnings: [], broken: false })
  })

  it('never throws and ends soon, whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '$A',
        '=',
        'array(',
        '[',
        ']',
        ')',
        '"',
        "'",
        '\\',
        ';',
        '<?php ',
        '?>',
        '//',
        '#',
        '/*',
        '*/',
        '\n',
        '{',
        '=>',
        ',',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { warnings } = parsePhpInc(pieces.join(''), 'x.inc')
        for (const warning of warnings) expect(warning).not.toMatch(/[\r\n]/)
      }),
      { numRuns: 2_000 },
    )
    for (const long of ['"\\a', '$A=', 'array(', "'", '/*', '<?php ', '?>', '((((']) {
      parsePhpInc(`<?php $A = ${long.repeat(60_000)}`, 'x.inc')
    }
  })

  it('reads back any list of names, in either quotes', () => {
    const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
    const doubled = (text: string): string => `"${text.replace(/[\\"$]/g, '\\$&')}"`
    const name = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean())), (names) => {
        const written = names.map(([text, single]) => (single ? quote(text) : doubled(text))).join(', ')
        const { value } = parsePhpInc(`<?php $A = array(${written});`, 'x.inc')
        expect([...(value.get('A') as ReadonlyMap<string, string>).values()]).toEqual(names.map(([text]) => text))
      }),
    )
  })
})
