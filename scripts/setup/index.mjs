// Set-up: look what is missing, install that in one go, then make everything ready.
import { aptInstall } from './apt.mjs'

/** Readies the given parts, in order; resolves to the environment variables they add. */
export async function setUp(parts, options = {}) {
  const needs = []
  for (const part of parts) needs.push(...(await part.needs(options)))
  await aptInstall(needs, options)
  const env = {}
  for (const part of parts) Object.assign(env, await part.ready(options))
  return env
}
