// An instance of a small module (edge or proxy): text in and out of its fixed buffers, numbers through its exports.
import type * as edge from './generated/edge.glue.js'

const INPUT_LENGTH = 32 * 1024
const OUTPUT_LENGTH = 8192

type Exports<T> = { [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => R : T[K] }
/** Exports that both small modules have. wasm-bindgen's glue would only pass these numbers on, so it is left out. */
export type EdgeExports = Exports<Omit<typeof edge, '__wbg_set_wasm'>>

export interface Instance<E extends EdgeExports> {
  readonly exports: E
  /** Writes texts one after the other; their lengths in bytes, or null where they do not fit. */
  write(...texts: string[]): number[] | null
  /** Text at the start of the output buffer. */
  read(length: number, from?: number): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Instances are cheap, and each holds one configuration: keys never meet in one memory. */
export function instantiate<E extends EdgeExports>(module: WebAssembly.Module): Instance<E> {
  const exports = new WebAssembly.Instance(module).exports as unknown as E & { memory: WebAssembly.Memory }
  // The module never grows its memory, so the views stay good.
  const input = new Uint8Array(exports.memory.buffer, exports.input() >>> 0, INPUT_LENGTH)
  const output = new Uint8Array(exports.memory.buffer, exports.output() >>> 0, OUTPUT_LENGTH)
  return {
    exports,
    write(...texts) {
      const lengths: number[] = []
      let end = 0
      for (const text of texts) {
        const { read, written } = encoder.encodeInto(text, end === 0 ? input : input.subarray(end))
        if (read !== text.length) return null
        lengths.push(written)
        end += written
      }
      return lengths
    },
    read: (length, from = 0) => decoder.decode(output.subarray(from, from + length)),
  }
}
