// /session/renew, /session/end and /session/unavailable: where the two checks send a page that cannot be shown yet.
import { sessionRoutes } from '@/lib/dal'

export const { GET } = sessionRoutes
