// `--only miri`: core's tests under Miri, which finds undefined behaviour in what we build on.
import { countTests } from '../lib/count.mjs'
import { attempt } from '../lib/run.mjs'
import { hasNightly } from '../setup/cargo-tools.mjs'

// Exhaustive tables that native runs take in full; an interpreter a thousand times slower would need hours for them.
const TOO_LONG = [
  'any_other_byte_at_any_place_is_denied',
  'every_text_of_up_to_three_characters_is_judged_as_by_the_base64_crate',
  'bytes_of_every_length_survive_and_agree_with_the_base64_crate',
  'size_is_checked_before_anything_is_decoded',
]

export const miri = {
  name: 'miri',
  does: "core's unit tests under Miri",
  run: async ({ verbose, say }) => {
    if (!(await hasNightly('miri', 'rust-src'))) {
      return { skipped: ['nightly Rust with its component miri could not be installed'] }
    }
    const args = ['+nightly', 'miri', 'test', '--locked', '-p', 'twogate-core', '--all-features', '--lib']
    const env = {
      ...process.env,
      CARGO_TARGET_DIR: 'target/miri',
      CARGO_TERM_COLOR: 'never',
      PROPTEST_CASES: '4',
      // Isolation would hide the environment from proptest.
      MIRIFLAGS: '-Zmiri-disable-isolation -Zmiri-strict-provenance',
    }
    const skip = TOO_LONG.flatMap((name) => ['--skip', name])
    const { code, output } = await attempt('cargo', [...args, '--', ...skip], { env, verbose })
    const { passed, failed } = countTests.cargo(output)
    say(`${passed} passed, ${failed} failed, ${TOO_LONG.length} left out as too long`)
    const findings = code === 0 ? [] : [output.slice(-3000)]
    if (code === 0 && passed === 0) findings.push('no test ran')
    return {
      figures: { passed, failed },
      findings,
      skipped: [`too long for an interpreter: ${TOO_LONG.join(', ')}`],
    }
  },
}
