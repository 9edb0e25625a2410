/** The colours of the page: what was chosen, by whoever shows the choice, for as long as the device is as it was. */
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import ThemePicker from '../../src/components/ThemePicker.vue'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import { applyTheme, THEMES } from '../../src/composables/useTheme.ts'
import type { Theme } from '../../src/composables/useTheme.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

const DARK = '(prefers-color-scheme: dark)'

describe('the theme', () => {
  let page: FakePageEnv
  beforeEach(() => { page = new FakePageEnv() })

  const picker = () => mount(ThemePicker, { global: { provide: { [PAGE_ENV as symbol]: page } } })
  type Picker = ReturnType<typeof picker>
  const choose = (wrapper: Picker, theme: Theme) => wrapper.findAll('input')[THEMES.indexOf(theme)]!.trigger('change')
  const checked = (wrapper: Picker) => wrapper.findAll<HTMLInputElement>('input').filter(({ element }) => element.checked).map(({ element }) => element.value)

  it('of high contrast is light or dark as the device is, also when that changes', async () => {
    await choose(picker(), 'contrast')
    expect(page.themed).toBe('contrast')
    page.set(DARK, true)
    expect(page.themed).toBe('contrast-dark')
    page.set(DARK, false)
    expect(page.themed).toBe('contrast')
  })

  it('that was remembered follows the device from the first paint on, until another is chosen', async () => {
    page.memory.set('theme', 'contrast')
    applyTheme(page)
    page.set(DARK, true)
    expect(page.themed).toBe('contrast-dark')
    await choose(picker(), 'light')
    page.set(DARK, false)
    page.set(DARK, true)
    expect(page.themed).toBe('light')
  })

  it('is one for all pickers of a page, also of a browser that remembers nothing', async () => {
    page.recall = () => null
    const first = picker()
    const second = picker()
    await choose(first, 'dark')
    first.unmount()
    expect([page.themed, checked(second), checked(picker())]).toEqual(['dark', ['dark'], ['dark']])
  })

  it('of a page that brings its own is let be until somebody chooses, and comes back with what the device has', async () => {
    page.themed = 'its own'
    applyTheme(page)
    picker()
    page.set(DARK, true)
    expect(page.themed).toBe('its own')
    await choose(picker(), 'contrast')
    expect(page.themed).toBe('contrast-dark')
    await choose(picker(), 'system')
    expect(page.themed).toBe('its own')
  })
})
