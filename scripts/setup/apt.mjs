// Debian packages: install what is missing in one go, or say the one command that does.
import { existsSync } from 'node:fs'
import { onPath } from '../lib/on-path.mjs'
import { attempt } from '../lib/run.mjs'
import { Stop } from '../lib/stop.mjs'

const APT = '/usr/bin/apt-get'

/** `needs`: what is missing, as `{ tool, packages, elsewhere }`; `elsewhere` says what to do without apt. */
export async function aptInstall(needs, { verbose = false } = {}) {
  if (needs.length === 0) return
  if (!existsSync(APT)) {
    const lines = needs.map(({ tool, elsewhere }) => `  ${tool}: ${elsewhere}`)
    throw new Stop(`missing on this machine:\n${lines.join('\n')}`, 2)
  }
  const packages = needs.flatMap((need) => need.packages)
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  const sudo = await rights()
  if (sudo === undefined) {
    throw new Stop(
      `missing on this machine: ${needs.map((need) => need.tool).join(', ')}. Run this, then try again:\n` +
        `  sudo apt-get update && sudo apt-get ${install.join(' ')}`,
      2,
    )
  }
  console.log(`set-up: apt-get installs ${packages.join(' ')}`)
  const apt = (args) => {
    const [command, ...rest] = [...sudo, APT, '-o', 'DPkg::Lock::Timeout=300', ...args]
    return attempt(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, verbose })
  }
  // Old package lists may still do: only the install decides.
  const update = await apt(['update'])
  const done = await apt(install)
  if (done.code !== 0) {
    throw new Stop(`${update.output}${done.output}\napt-get ${install.join(' ')} failed (see above)`, 2)
  }
}

/** The words in front of apt-get, or undefined where this user may not install. */
async function rights() {
  if (process.getuid() === 0) return []
  if (onPath('sudo') && (await attempt('sudo', ['-n', 'true'])).code === 0) return ['sudo', '-n']
}
