// The contract of a store: one suite of cases, run on every store there is.

import { after, before, describe } from 'node:test'
import { bindingCases } from './cases/binding.ts'
import { checkCases } from './cases/check.ts'
import { createCases } from './cases/create.ts'
import { dataCases } from './cases/data.ts'
import { eventCases } from './cases/events.ts'
import { limitCases } from './cases/limit.ts'
import { listCases } from './cases/list.ts'
import { outageCases } from './cases/outage.ts'
import { recordCases } from './cases/record.ts'
import { revokeCases } from './cases/revoke.ts'
import { revokeAllCases } from './cases/revoke-all.ts'
import { rotateCases } from './cases/rotate.ts'
import { secretCases } from './cases/secret.ts'
import { timeoutCases } from './cases/timeout.ts'
import { touchCases } from './cases/touch.ts'
import type { Backend } from './support/backend.ts'

export function contract(backend: Backend): void {
  describe(backend.name, () => {
    before(() => backend.open())
    after(() => backend.close())
    createCases(backend)
    checkCases(backend)
    timeoutCases(backend)
    touchCases(backend)
    rotateCases(backend)
    dataCases(backend)
    revokeCases(backend)
    revokeAllCases(backend)
    limitCases(backend)
    listCases(backend)
    bindingCases(backend)
    eventCases(backend)
    recordCases(backend)
    outageCases(backend)
    // Last: looks at everything that was sent and stored before.
    secretCases(backend)
  })
}
