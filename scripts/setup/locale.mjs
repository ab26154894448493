// The sources of the locale en_US.UTF-8, for the test that runs Redis under it: on every macOS, in a package on Debian.
import { existsSync } from 'node:fs'
import { attempt } from '../lib/run.mjs'

const SOURCE = '/usr/share/i18n/locales/en_US'

export const locale = {
  needs: async () => {
    const { stdout } = await attempt('locale', ['-a'])
    return /^en_US\.utf-?8$/im.test(stdout) || existsSync(SOURCE)
      ? []
      : [
          {
            tool: 'locale en_US.UTF-8',
            packages: ['locales'],
            elsewhere: 'generate the locale en_US.UTF-8 (`locale -a` lists what there is)',
          },
        ]
  },
  ready: async () => ({}),
}
