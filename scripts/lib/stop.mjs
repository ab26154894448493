// How a script ends: a message that says what to do, and an exit status; no stack trace for what is not a bug.

/** Status 1: something the developer wrote does not work. Status 2: the machine lacks something. */
export class Stop extends Error {
  constructor(message, status = 1) {
    super(message)
    this.status = status
  }
}

/** Runs a script's body. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0
  } catch (error) {
    process.exitCode = error instanceof Stop ? error.status : 1
    console.error(error instanceof Stop ? error.message : error)
  }
}
