// The contract on a real Redis through node-redis.

import { createClient } from 'redis'
import { nodeRedis } from 'twogate/redis'
import { contract } from './contract.ts'
import { RedisBackend } from './support/backend.ts'

contract(
  new RedisBackend('Redis through node-redis', async ({ url }) => {
    const client = createClient({ url, socket: { reconnectStrategy: 50 } })
    const send = nodeRedis(client)
    await client.connect()
    return { send, close: async () => client.destroy() }
  }),
)
