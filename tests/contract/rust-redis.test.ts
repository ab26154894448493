// The contract on the native crate and a real Redis.

import { contract } from './contract.ts'
import { rustOnRedis } from './support/rust-backend.ts'

contract(rustOnRedis('Redis through Rust'))
