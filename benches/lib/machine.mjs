// What a measurement was taken on: enough to judge it by, nothing that names the machine.
import { cpus } from 'node:os'
import { run } from '../../scripts/lib/run.mjs'

export async function machine() {
  const rust = (await run('rustc', ['--version'])).split(' ')[1]
  const cores = cpus()
  const model = cores[0].model.trim()
  return `${model}, ${cores.length} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}, Rust ${rust}`
}
