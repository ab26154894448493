// Pictures of the dashboard in .cache/screenshots, for the README and for whoever wants to look.

import assert from 'node:assert/strict'
import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { userAgents } from '../support/browser.ts'
import { signIn } from '../support/people.ts'
import { onEachStore } from '../support/world.ts'

const FOLDER = resolve(import.meta.dirname, '../../.cache/screenshots')

onEachStore('pictures', { stores: ['redis'] }, (world) => {
  test('login, dashboard, invoices and devices are photographed', async () => {
    await mkdir(FOLDER, { recursive: true })
    await signIn(await world.browser({ userAgent: userAgents.safariOnMac }), world.app.origin)
    await signIn(await world.browser({ userAgent: userAgents.firefoxOnLinux }), world.app.origin)
    const context = await world.browser()
    const login = await context.newPage()
    await login.setViewportSize({ width: 1280, height: 800 })
    await login.goto(world.app.url('/login'))
    await login.getByRole('heading', { name: 'Sign in' }).waitFor()
    await login.screenshot({ path: join(FOLDER, 'login.png') })
    const { page } = await signIn(context, world.app.origin)
    await page.setViewportSize({ width: 1280, height: 800 })
    for (const name of ['dashboard', 'invoices', 'devices']) {
      await page.goto(world.app.url(`/${name}`))
      await page.getByRole('heading', { level: 1 }).waitFor()
      const path = join(FOLDER, `${name}.png`)
      await page.screenshot({ path })
      assert.ok((await stat(path)).size > 10_000, 'there is something to see')
    }
  })
})
