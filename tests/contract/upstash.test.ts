// The contract on a real Redis through Upstash's REST client and a gateway.

import { Redis } from '@upstash/redis'
import { upstashRedis } from 'twogate/redis'
import { contract } from './contract.ts'
import { RedisBackend } from './support/backend.ts'
import { startGateway } from './support/gateway.ts'

contract(
  new RedisBackend(
    'Redis through Upstash REST',
    async ({ url }) => {
      const gateway = await startGateway(url, 'token')
      const client = new Redis({ url: gateway.url, token: 'token', enableTelemetry: false })
      return { send: upstashRedis(client), close: () => gateway.close() }
    },
    { readsJson: true },
  ),
)
