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

  /** He types his password. @returns is he in? Also false while he is still typing, or nobody answers. */
  async signIn(url: string): Promise<boolean> {
    if (this.#signing) return false
    this.#signing = true
    try {
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
}
