// The contract on the embedded store.

import { contract } from './contract.ts'
import { MemoryBackend } from './support/backend.ts'

contract(new MemoryBackend())
