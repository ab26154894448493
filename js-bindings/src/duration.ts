// Durations as people write them: '30m', '12h', '7d', or a number of seconds.

/** A number of seconds, or a whole number followed by s, m, h or d. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Whole seconds. @throws where it is no duration, naming the setting. */
export function seconds(setting: string, duration: Duration | string): number {
  const [, count, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(String(duration)) ?? []
  if (count === undefined) {
    throw new TypeError(`twogate: ${setting} must be whole seconds or text such as '30m', '12h' or '7d'`)
  }
  return Number(count) * (SECONDS[unit] ?? 1)
}
