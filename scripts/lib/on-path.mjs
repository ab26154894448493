// Finding a program on the PATH.
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** The full path of the first of `names` on the PATH. A name with a slash is taken as it is. */
export function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)
  return names
    .flatMap((name) => (name.includes('/') ? [name] : folders.map((folder) => path.join(folder, name))))
    .find(isExecutable)
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
