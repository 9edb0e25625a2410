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

  it('are of a bounded length, however many lines they have', () => {
    expect(readNote(Array.from({ length: 9 }, () => 'x'.repeat(400)).join('<br>'))?.text).toHaveLength(500)
  })

  it('tell "no alerts" from "no ALERT variable"', () => {
    expect(readTelemetry(new Map()).alerts).toBeNull()
    expect(readTelemetry(new Map([['ALERT', '']])).alerts).toEqual([])
    expect(readTelemetry(new Map([['ALERT', '<span style="color: red">No Alerts</span>']])).alerts).toEqual([
      { text: 'No Alerts', level: 'normal', url: null },
    ])
  })

  describe("as Supermon-NG's own script sets them (user_files/sbin/ast_node_status_update.py, 4.3.3)", () => {
    const HOME = 'https://github.com/hardenedpenguin/SkywarnPlus-NG'
    const enabled = `<span style='color: SpringGreen;'><b><u><a href='${HOME}' style='color: inherit; text-decoration: none;'>SkywarnPlus-NG</a> Enabled</u></b></span>`
    const alert = (color: string, event: string) => `<span style='color: ${color};'><b>${event}</b></span>`
    const alerts = (...lines: string[]) => readTelemetry(new Map([['ALERT', [enabled, ...lines].join('<br>')]])).alerts?.slice(1)
    const cpu = (background: string) => readNote(`<span style='background-color:${background};'><b><span style='color: black; font-weight: bold;'>55 C</span></b></span>`)

    it('are quiet while there is no alert, which it writes in red', () => {
      expect(readTelemetry(new Map([['ALERT', `${enabled}<br><span style='color: #FF0000;'>No Alerts</span>`]])).alerts).toEqual([
        { text: 'SkywarnPlus-NG Enabled', level: 'normal', url: HOME }, { text: 'No Alerts', level: 'normal', url: null },
      ])
      expect(readTelemetry(new Map([['ALERT', `${enabled} <span style='color: #FF0000;'>No Alerts</span>`]])).alerts).toMatchObject([
        { text: 'SkywarnPlus-NG Enabled No Alerts', level: 'normal' },
      ])
    })

    it('have one alert a line, as grave as its severity: extreme, severe, moderate, minor', () => {
      expect(alerts(alert('#FF0000', 'Tornado Warning'), alert('#FF6600', 'Severe Thunderstorm Warning'), alert('#FFCC00', 'Flood Watch'), alert('#FFFF00', 'Frost Advisory'))).toEqual([
        { text: 'Tornado Warning', level: 'critical', url: null }, { text: 'Severe Thunderstorm Warning', level: 'critical', url: null },
        { text: 'Flood Watch', level: 'warning', url: null }, { text: 'Frost Advisory', level: 'warning', url: null },
      ])
    })

    it('are critical where the alerts cannot be had, and not where nobody wants them', () => {
      expect(alerts(`<span style='color: #FF0000;'>API Error</span>`)).toMatchObject([{ level: 'critical' }])
      expect(readTelemetry(new Map([['ALERT', enabled.replace('SpringGreen', 'darkorange').replace('Enabled', 'Disabled')]])).alerts).toMatchObject([
        { text: 'SkywarnPlus-NG Disabled', level: 'normal' },
      ])
    })

    it('have a temperature that is normal, a warning, and critical above 60 °C', () => {
      expect(['lightgreen', 'yellow', '#fa4c2d'].map((background) => cpu(background)?.level)).toEqual(['normal', 'warning', 'critical'])
    })
  })

  it('have on each line the colour and the link that they stand in, also where a tag is left open', () => {
    expect(readTelemetry(new Map([['ALERT', '<font color=red>Flood<br>Fire<a href="https://a.example/">more</a></font><p>Frost<br><br>']])).alerts).toEqual([
      { text: 'Flood', level: 'critical', url: null }, { text: 'Firemore', level: 'critical', url: 'https://a.example/' }, { text: 'Frost', level: 'normal', url: null },
    ])
    expect(readTelemetry(new Map([['ALERT', '<b><font color=red>Flood<br>Fire']])).alerts).toMatchObject([{ level: 'critical' }, { level: 'critical' }])
    expect(readTelemetry(new Map([['ALERT', 'a<br>'.repeat(700)]])).alerts).toHaveLength(16)
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
