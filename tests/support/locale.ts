// A locale that sorts letters otherwise than bytes: the one of the system, or compiled from its sources.

import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Locale {
  /** Variables of a process that is to run under it. */
  readonly environment: Record<string, string>
  remove(): Promise<void>
}

/** en_US.UTF-8, where `a` comes before `B`. */
export function englishLocale(): Locale {
  const environment = { LC_ALL: 'en_US.UTF-8' }
  if (/^en_US\.utf-?8$/im.test(execFileSync('locale', ['-a'], { encoding: 'utf8' }))) {
    return { environment, remove: async () => {} }
  }
  const folder = mkdtempSync(join(tmpdir(), 'twogate-locale-'))
  execFileSync('localedef', ['-i', 'en_US', '-f', 'UTF-8', join(folder, 'en_US.UTF-8')], { stdio: 'pipe' })
  return {
    environment: { ...environment, LOCPATH: folder },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
