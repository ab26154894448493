// The contract on a real Redis through ioredis.

import { Redis } from 'ioredis'
import { ioRedis } from 'twogate/redis'
import { contract } from './contract.ts'
import { RedisBackend } from './support/backend.ts'

contract(
  new RedisBackend('Redis through ioredis', async ({ url }) => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 50 })
    client.on('error', () => {})
    await client.connect()
    return { send: ioRedis(client), close: async () => client.disconnect() }
  }),
)
