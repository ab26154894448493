// Every secret the tests have met, so that at the end logs and Redis traffic can be searched for them.

import { payloadOf } from './tokens.ts'

class Ledger {
  readonly #secrets = new Map<string, string>()

  /** Takes a token from a `Set-Cookie` line or a cookie's value: the whole, its signature, the session id in it. */
  note(line: string): void {
    for (const [token] of line.matchAll(/[\w-]{60,}\.[\w-]{40,}\.[\w-]{43}/g)) {
      this.keep('token', token)
      this.keep('signature', token.slice(token.lastIndexOf('.') + 1))
      this.keep('session id', payloadOf(token).sid)
    }
  }

  keep(kind: string, secret: string): void {
    this.#secrets.set(secret, kind)
  }

  get sessionIds(): number {
    return Array.from(this.#secrets.values()).filter((kind) => kind === 'session id').length
  }

  /** The kinds of secrets that occur in a text. */
  findings(text: string): string[] {
    return Array.from(this.#secrets)
      .filter(([secret]) => text.includes(secret))
      .map(([, kind]) => kind)
  }
}

/** One for the test process. */
export const ledger = new Ledger()
