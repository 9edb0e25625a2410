/** A browser as the scenarios see it: the same few moves in each of them, made with real tabs, keys and clicks. */

export type BrowserName = 'chromium' | 'firefox' | 'webkit'
export const BROWSERS: readonly BrowserName[] = ['chromium', 'firefox', 'webkit']

export interface Tab {
  goto(url: string): Promise<void>
  /** The value of an expression, worked out in the page; it must be fit for JSON. */
  look<T>(expression: string): Promise<T>
  /** Clicks the middle of the first element that fits, as a person would; a phone's tab is tapped. */
  click(selector: string): Promise<void>
  /** Types into the first element that fits. */
  type(selector: string, text: string): Promise<void>
  back(): Promise<void>
  /** PNG of what is seen. */
  picture(): Promise<Buffer>
  close(): Promise<void>
}

export interface BrowserDriver {
  readonly name: BrowserName
  /** As it calls itself. */
  readonly version: string
  /** A tab of its own, in front; `phone`: 390 × 844 with touch, where the browser can play one. */
  open(options?: { readonly phone?: boolean }): Promise<Tab>
  /**
   * A tab on `url` that is hidden behind another one, and a way to bring it to the front. Where a browser cannot be told to put another
   * tab in front, the tab is opened behind one. `show` closes what covers it.
   */
  openHidden(url: string): Promise<{ readonly tab: Tab; readonly cover: Tab; readonly show: () => Promise<void> }>
  /** Freezes a tab as a browser does to spare the battery; null = this one cannot be told to. */
  readonly freeze: ((tab: Tab, frozen: boolean) => Promise<void>) | null
  close(): Promise<void>
}
