// A cookie jar for one site, and `Set-Cookie` lines taken apart.

export interface SetCookie {
  readonly name: string
  readonly value: string
  /** By name in lower case; a flag has the value `''`. */
  readonly attributes: ReadonlyMap<string, string>
  /** Whether the line takes the cookie away: a lifetime of zero, or an end in the past. */
  readonly removes: boolean
}

export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';')
  const [name, value] = split(pair)
  const attributes = new Map(rest.map((one) => split(one)).map(([key, text]) => [key.toLowerCase(), text]))
  const maxAge = attributes.get('max-age')
  const expires = attributes.get('expires')
  const removes =
    maxAge === undefined ? expires !== undefined && Date.parse(expires) <= Date.now() : Number(maxAge) <= 0
  return { name, value, attributes, removes }
}

export class CookieJar {
  readonly #cookies: Map<string, string>

  constructor(cookies: Readonly<Record<string, string>> = {}) {
    this.#cookies = new Map(Object.entries(cookies))
  }

  get(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  take(cookie: SetCookie): void {
    if (cookie.removes) this.#cookies.delete(cookie.name)
    else this.#cookies.set(cookie.name, cookie.value)
  }

  header(): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }
}

/** A jar that stays as it is, like a browser that refuses cookies. */
export class SealedJar extends CookieJar {
  override take(): void {}
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
}
