// A moment, as people say it; the exact time is in the attributes.
import type { ComponentProps } from 'react'
import { absoluteTime, relativeTime } from '@/lib/format'

interface TimeProps extends Omit<ComponentProps<'time'>, 'dateTime' | 'title' | 'children'> {
  /** Milliseconds or ISO 8601. */
  at: number | string
}

export function Time({ at, ...rest }: TimeProps) {
  const date = new Date(at)
  return (
    <time {...rest} dateTime={date.toISOString()} title={absoluteTime(date.getTime())}>
      {relativeTime(date.getTime())}
    </time>
  )
}
