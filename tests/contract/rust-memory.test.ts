// The contract on the native crate and its memory store.

import { contract } from './contract.ts'
import { RustMemoryBackend } from './support/rust-backend.ts'

contract(new RustMemoryBackend())
