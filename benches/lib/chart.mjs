// Bar charts as SVG: horizontal bars on a logarithmic scale, light and dark.

const [WIDTH, LABEL, VALUE, BAR, GAP, GROUP_GAP, PAD] = [760, 220, 74, 12, 3, 11, 16]

const STYLE = `
  svg { color-scheme: light dark; font: 13px system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif }
  .paper { fill: #ffffff } .text { fill: #1f2328 } .soft { fill: #59636e } .grid { stroke: #d1d9e0 }
  .a { fill: #0969da } .b { fill: #9ec5f0 } .other-a { fill: #6e7781 } .other-b { fill: #c3c9cf }
  /* A value keeps its distance from a line that runs through it. */
  .value { stroke-width: 3px; paint-order: stroke; stroke: #ffffff }
  .title { font-size: 16px; font-weight: 600 } .section { font-weight: 600 } .small { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .text { fill: #e6edf3 } .soft { fill: #9198a1 } .value { stroke: #0d1117 } .grid { stroke: #30363d }
    .a { fill: #58a6ff } .b { fill: #1f4f86 } .other-a { fill: #8b949e } .other-b { fill: #484f58 }
  }`

/**
 * Draws sections of labelled bars. Every row has one value for each of `series` (at most two).
 * `{ title, series: [label], sections: [{ heading, rows: [{ label, values, isOurs }] }], format(value), notes: [line] }`
 */
export function barChart({ title, series, sections, format, notes }) {
  const values = sections.flatMap(({ rows }) => rows.flatMap((row) => row.values))
  const ticks = decades(Math.min(...values), Math.max(...values))
  const room = WIDTH - PAD - LABEL - VALUE - PAD
  const [low, high] = [Math.log10(ticks[0]), Math.log10(ticks.at(-1))]
  const x = (value) => PAD + LABEL + (room * (Math.log10(value) - low)) / (high - low)

  const body = []
  const text = (at, y, words, style, anchor = 'start') =>
    body.push(
      `<text x="${n(at)}" y="${n(y)}" class="${style}" text-anchor="${anchor}">${escaped(words)}</text>`,
    )
  const bar = (from, to, y, style) =>
    body.push(
      `<rect x="${n(from)}" y="${n(y)}" width="${n(to - from)}" height="${BAR}" rx="2" class="${style}"/>`,
    )

  text(PAD, 30, title, 'text title')
  let y = 40
  series.forEach((label, index) => {
    y += 18
    bar(PAD, PAD + 24, y - 10, ['a', 'b'][index])
    bar(PAD + 28, PAD + 52, y - 10, ['other-a', 'other-b'][index])
    text(PAD + 60, y, label, 'soft')
  })
  const top = y + 30
  for (const tick of ticks) text(x(tick), top - 8, format(tick), 'soft small', 'middle')
  const grid = body.push('') - 1
  y = top
  for (const { heading, rows } of sections) {
    y += 20
    text(PAD, y, heading, 'text section')
    y += 10
    for (const { label, values, isOurs } of rows) {
      const height = values.length * (BAR + GAP) - GAP
      text(PAD, y + height / 2 + 4.5, label, isOurs ? 'text section' : 'text')
      values.forEach((value, index) => {
        const at = y + index * (BAR + GAP)
        bar(x(ticks[0]), x(value), at, `${isOurs ? '' : 'other-'}${'ab'[index]}`)
        text(x(value) + 6, at + BAR - 2, format(value), 'soft small value')
      })
      y += height + GROUP_GAP
    }
  }
  body[grid] = ticks
    .map((tick) => `<line x1="${n(x(tick))}" x2="${n(x(tick))}" y1="${top}" y2="${n(y)}" class="grid"/>`)
    .join('\n')
  for (const line of notes) {
    y += 16
    text(PAD, y, line, 'soft small')
  }
  const height = Math.ceil(y + PAD)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${height}" class="paper"/>
${body.join('\n')}
</svg>
`
}

/** Powers of ten from at or below the least to at or above the largest. */
function decades(least, largest) {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(largest))]
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
}

const n = (number) => Number(number.toFixed(1))
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
