// An instance of a small module (edge or proxy): text in and out of its fixed buffers, numbers through its exports.
import { badKeys, findKeys, type KeyOptions } from '../secret.js'
import type * as edge from './generated/edge.glue.js'

const INPUT_LENGTH = 32 * 1024
const OUTPUT_LENGTH = 8192

/** What both small modules export. wasm-bindgen's glue would only pass these numbers on, so it is left out. */
export type SmallExports = Pick<typeof edge, 'input_start' | 'output_start' | 'set_keys'>
/** What the edge module exports. */
export type EdgeExports = Omit<typeof edge, '__wbg_set_wasm'>

export interface Instance<E extends SmallExports> {
  readonly exports: E
  /** Writes a text to the input buffer; its length in bytes, or -1 where it does not fit. */
  write(text: string): number
  /** Text in the output buffer. */
  read(length: number, from?: number): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Instances are cheap, and each holds one configuration: keys never meet in one memory. */
export function instantiate<E extends SmallExports>(module: WebAssembly.Module): Instance<E> {
  const exports = new WebAssembly.Instance(module).exports as unknown as E & { memory: WebAssembly.Memory }
  // The module never grows its memory, so the views stay good.
  const view = (start: number, length: number) => new Uint8Array(exports.memory.buffer, start, length)
  const input = view(exports.input_start(), INPUT_LENGTH)
  const output = view(exports.output_start(), OUTPUT_LENGTH)
  return {
    exports,
    write(text) {
      const { read, written } = encoder.encodeInto(text, input)
      return read === text.length ? written : -1
    },
    read: (length, from = 0) => decoder.decode(output.subarray(from, from + length)),
  }
}

/** Hands the keys to an instance. @throws where they are missing, weak or no keys. */
export function setKeys(
  { exports, write }: Instance<SmallExports>,
  options: KeyOptions,
  audience: string,
  clockSkew: number,
  absoluteTimeout: number,
): void {
  const keys = findKeys(options, true)
  const { text, areEdgeKeys } = keys
  const length = write(text + audience)
  // Keys are ASCII: where they are not, the split is off, and what is left of them is no key.
  if (length < 0 || exports.set_keys(text.length, length, areEdgeKeys, clockSkew, absoluteTimeout)) {
    throw badKeys(keys)
  }
}
