// `twogate`: the configuration and the types that both checks share.
export {
  type Binding,
  type ClientAddress,
  defineSession,
  type Preset,
  type SessionConfig,
  type SessionOptions,
} from './config.js'
export { DENIED, type Denied } from './denied.js'
export type { Duration } from './duration.js'
