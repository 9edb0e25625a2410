import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNote, readTelemetry } from '../../src/feed/telemetry.ts'

describe('telemetry variables', () => {
  it('become text and a level', () => {
    expect(readNote(`<span style='background-color:lightgreen;'><b>104&deg;F</b></span>`)).toEqual({ text: '104°F', level: 'normal', url: null })
    expect(readNote(`<span style="background-color:yellow;">62 C</span>`)?.level).toBe('warning')
    expect(readNote(`<span style="background-color: red"><b>85 C</b></span>`)?.level).toBe('critical')
  })

  it.each([
    ['background-color:#f00', 'critical'], ['color: #FF0000;', 'critical'], ['background:#ff0', 'warning'], ['background-color:#ffff00', 'warning'],
    ['color:#ffa500', 'warning'], ['color:#ff00aa', 'normal'], ['color:#f00baa', 'normal'], ['background-color:lightgreen', 'normal'], ['font-family:infrared', 'normal'],
  ])('have the level of their colour, by name or by number: %s', (style, level) => {
    expect(readNote(`<span style="${style}">62 C</span>`)?.level).toBe(level)
  })

  it('have it from old attributes, too', () => {
    expect(readNote('<font color="#ff0000">85 C</font>')?.level).toBe('critical')
    expect(readNote('<td bgcolor=#ff0>62 C</td>')?.level).toBe('warning')
  })

  it('keep a link as its address, if it is a web address', () => {
    expect(readNote(`<a href="https://alerts.weather.gov/x?a=1&amp;b=2">Flood Watch</a>`)).toEqual({
      text: 'Flood Watch', level: 'normal', url: 'https://alerts.weather.gov/x?a=1&b=2',
    })
    for (const href of ['javascript:alert(1)', 'data:text/html,x', '//evil', '', 'not an address']) {
      expect(readNote(`<a href="${href}">x</a>`)?.url, href).toBeNull()
    }
  })

  it('say nothing of scripts and styles, and are one line', () => {
    expect(readNote('a<script>alert(1)</script><style>b{}</style><br>c\r\n d')?.text).toBe('a c d')
    expect(readNote('<b></b>')).toBeNull()
  })

  it('tell "no alerts" from "no ALERT variable"', () => {
    expect(readTelemetry(new Map()).alerts).toBeNull()
    expect(readTelemetry(new Map([['ALERT', '']])).alerts).toEqual([])
    expect(readTelemetry(new Map([['ALERT', '<span style="color: red">No Alerts</span>']])).alerts).toEqual([
      { text: 'No Alerts', level: 'normal', url: null },
    ])
  })

  it('are read whether or not cpu_temp is there', () => {
    expect(readTelemetry(new Map([['WX', '72F, Clear']])).weather?.text).toBe('72F, Clear')
  })

  it('never carry control characters or grow without bound, whatever was set', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (html) => {
        const note = readNote(html)
        if (note === null) return
        expect(note.text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(note.text.length).toBeLessThanOrEqual(500)
      }),
      { numRuns: 30 },
    )
  })
})
