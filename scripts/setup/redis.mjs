// redis-server, for tests: the one on the PATH, or Debian's.
import { onPath } from '../lib/on-path.mjs'

export const redis = {
  needs: async () =>
    onPath('redis-server')
      ? []
      : [
          {
            tool: 'redis-server',
            packages: ['redis-server'],
            elsewhere:
              'install Redis 7 or newer so that `redis-server` is on the PATH (macOS: brew install redis)',
          },
        ],
  ready: async () => ({}),
}
