// An instance of the proxy module: text in and out of its fixed buffers, numbers through its exports.
import module from '#proxy-module'
import type * as wasm from './generated/proxy.glue.js'

const INPUT_LENGTH = 32 * 1024
const OUTPUT_LENGTH = 8192

export interface ProxyInstance {
  /** What the module exports. wasm-bindgen's glue would only pass these numbers on, so it is left out. */
  readonly exports: Omit<typeof wasm, '__wbg_set_wasm'>
  /** Writes a text to the input buffer; its length in bytes, or -1 where it does not fit. */
  write(text: string): number
  /** Text in the output buffer. */
  read(length: number): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Instances are cheap, and each holds one configuration: keys never meet in one memory. */
export function instantiate(): ProxyInstance {
  const exports = new WebAssembly.Instance(module).exports as unknown as ProxyInstance['exports'] & {
    memory: WebAssembly.Memory
  }
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
    read: (length) => decoder.decode(output.subarray(0, length)),
  }
}
