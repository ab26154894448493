// Next.js: the packages of this workspace are installed in its root, two folders up.
import { join } from 'node:path'
import type { NextConfig } from 'next'

const root = join(__dirname, '../..')

const config: NextConfig = {
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
}

export default config
