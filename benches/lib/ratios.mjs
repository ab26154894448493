// Ratios, round by round, and whether they hold their goals.

/** Median, least and largest of a list. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)) }
}

/** The ratio of two series, round by round. */
export const byRound = (dividend, divisor) => dividend.map((value, round) => value / divisor[round])

/**
 * A ratio as the results hold it. `goal` is `{ atLeast }`, `{ atMost }` or nothing; the median is what is judged.
 * Without a goal there is nothing to miss.
 */
export function judged(values, goal = {}) {
  const { median, ...rest } = spread(values)
  const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = goal
  return {
    median,
    ...rest,
    goal: goal.atLeast ?? goal.atMost ?? null,
    holds: median >= atLeast && median <= atMost,
  }
}

const rounded = (value) => Number(value.toPrecision(4))
