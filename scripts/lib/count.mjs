// How many tests ran, read from what cargo test and node:test print.

/** `{ passed, failed, skipped }`, summed over all test programs of the output. */
export const countTests = {
  cargo: (output) => {
    const lines = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)]
    return { passed: sum(lines, 1), failed: sum(lines, 2), skipped: sum(lines, 3) }
  },
  node: (output) => {
    const said = (what) => sum([...output.matchAll(new RegExp(`^(?:ℹ|#) ${what} (\\d+)$`, 'gm'))], 1)
    return {
      passed: said('pass'),
      failed: said('fail') + said('cancelled'),
      skipped: said('skipped') + said('todo'),
    }
  },
}

/** Test files in which node:test found no test: it reports such a file itself as one that passed. */
export const emptyFiles = (output, files) =>
  files.filter((file) => new RegExp(`^✔ .*${escaped(file)} \\(`, 'm').test(output))

const sum = (matches, group) => matches.reduce((total, match) => total + Number(match[group]), 0)
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
