// Reads a Set-Cookie value of core's, for hosts that take name, value and attributes apart.

export interface CookieAttributes {
  path: string
  httpOnly: boolean
  secure: boolean
  sameSite: 'lax'
  maxAge: number
}

/** Only for what core wrote: attributes are the ones it knows. */
export function readSetCookie(text: string): { name: string; value: string; attributes: CookieAttributes } {
  const [pair = '', ...parts] = text.split('; ')
  const equals = pair.indexOf('=')
  const attribute = (name: string) => parts.find((part) => part === name || part.startsWith(`${name}=`))
  return {
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    attributes: {
      path: attribute('Path')?.slice('Path='.length) ?? '/',
      httpOnly: attribute('HttpOnly') !== undefined,
      secure: attribute('Secure') !== undefined,
      sameSite: 'lax',
      maxAge: Number(attribute('Max-Age')?.slice('Max-Age='.length) ?? 0),
    },
  }
}
