// Measures contestants side by side: in every round each takes one sample, in shuffled order.

/*
 * What is compared meets the same machine in the same second, so that a slow moment hits all alike and ratios can be
 * taken round by round. A contestant is `{ key, run }`: `run(n)` does n operations, and returns a promise where it is
 * asynchronous; those operations are awaited one after the other.
 *
 * Each sample has two clocks. `wall` is the time that passed. `cpu` is what the process used in it, on all of its
 * threads: other programs on the same cores do not count, the thread pool of WebCrypto does.
 */

const WARM_SAMPLES = 10

/**
 * Samples by contestant: `{ [key]: { wall: number[], cpu: number[] } }`, nanoseconds per operation, one entry a round.
 * `sampleMs`: the least time of a sample. `onRound(done, rounds)` is called after each.
 */
export async function interleave(contestants, { rounds, sampleMs, onRound = () => {} }) {
  const counts = new Map()
  for (const { key, run } of contestants) counts.set(key, await warmUp(run, sampleMs))
  const samples = Object.fromEntries(contestants.map(({ key }) => [key, { wall: [], cpu: [] }]))
  const random = generator(0x7467)
  for (let round = 1; round <= rounds; round += 1) {
    for (const { key, run } of shuffled(contestants, random)) {
      const { wall, cpu } = await sample(run, counts.get(key))
      samples[key].wall.push(wall)
      samples[key].cpu.push(cpu)
    }
    onRound(round, rounds)
  }
  return samples
}

/** Runs until the compiler and the heap have settled; the number of operations that fill a sample. */
async function warmUp(run, sampleMs) {
  let count = 1
  for (let full = 0; full < WARM_SAMPLES; ) {
    const { wall } = await sample(run, count)
    if (wall * count >= sampleMs * 1e6) full += 1
    // What ran in the interpreter was slow: the number grows with the speed, not in one leap.
    else count = Math.min(Math.ceil((sampleMs * 1e6) / wall) + 1, count * 8)
  }
  return count
}

async function sample(run, count) {
  const cpuBefore = process.cpuUsage()
  const before = process.hrtime.bigint()
  const pending = run(count)
  if (pending) await pending
  const wall = Number(process.hrtime.bigint() - before)
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall: wall / count, cpu: ((user + system) * 1000) / count }
}

function shuffled(list, random) {
  const copy = [...list]
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[copy[last], copy[other]] = [copy[other], copy[last]]
  }
  return copy
}

/** Numbers in [0, 1) from a seed (mulberry32): every run takes the same orders. */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
