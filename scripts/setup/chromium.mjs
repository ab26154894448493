// A Chromium for browser tests: TWOGATE_CHROMIUM, an installed Chromium or Chrome, or Debian's.
import { onPath } from '../lib/on-path.mjs'
import { Stop } from '../lib/stop.mjs'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

function find() {
  const chosen = process.env.TWOGATE_CHROMIUM
  if (!chosen) return onPath(...NAMES)
  const found = onPath(chosen)
  if (!found) throw new Stop(`TWOGATE_CHROMIUM is ${chosen}, which is no program: correct it or unset it`, 2)
  return found
}

export const chromium = {
  needs: async () =>
    find()
      ? []
      : [
          {
            tool: 'chromium',
            packages: ['chromium'],
            elsewhere: 'install Chromium or Google Chrome, or set TWOGATE_CHROMIUM to its path',
          },
        ],
  /** Environment for the tests. */
  ready: async () => ({ TWOGATE_CHROMIUM: find() }),
}
