// Where things live.
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const cache = path.join(root, '.cache')
export const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo')

/** A path inside the repository. */
export const at = (...parts) => path.join(root, ...parts)
