/** The cookies of one user's browser, which all his pages share. */
import { cookieOf, signIn } from '../support/club.ts'
import type { Member } from './rights.ts'

export class Jar {
  readonly user: Member
  cookie = ''
  #signing = false

  constructor(user: Member) {
    this.user = user
  }

  /** He types his password, unless he is in already, by another of his pages. @returns is he in? False while that is not known. */
  async signIn(url: string): Promise<boolean> {
    if (this.#signing) return false
    this.#signing = true
    try {
      if (await this.#isIn(url)) return true
      const answer = await signIn({ url }, this.user)
      if (answer.status !== 200) return false
      this.cookie = cookieOf(answer.cookie)
      return true
    } catch {
      return false
    } finally {
      this.#signing = false
    }
  }

  async #isIn(url: string): Promise<boolean> {
    if (this.cookie === '') return false
    const answer = await fetch(`${url}api/v1/auth/me`, { headers: { cookie: this.cookie } })
    return ((await answer.json()) as { data: { authenticated: boolean } }).data.authenticated
  }
}
