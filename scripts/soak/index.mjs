// The suites of `npm run soak` and their parts: the table to edit when a part comes or goes.

import { differential } from './differential.mjs'
import { fuzz } from './fuzz.mjs'
import { miri } from './miri.mjs'
import { mutants } from './mutants.mjs'
import { dropped, model, races } from './races.mjs'

/*
 * name  what `--only` takes
 * does  one line for whoever reads along
 * run   takes the options and `say`, resolves to `{ figures, findings, skipped }`
 */
export const suites = {
  core: [differential, fuzz, mutants, miri],
  races: [races, dropped, model],
}
