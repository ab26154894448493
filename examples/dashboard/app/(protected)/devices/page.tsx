// The devices on which the user is signed in, and the way to end those sessions.
import type { Metadata } from 'next'
import { endOtherSessions, endSession } from '@/app/actions'
import { DeviceIcon } from '@/components/device-icon'
import { Time } from '@/components/time'
import { listSessions, requireSession } from '@/lib/dal'

export const metadata: Metadata = { title: 'Devices' }

export default async function DevicesPage() {
  await requireSession()
  const devices = [...(await listSessions())]
  // This device first, then those used last.
  devices.sort((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt - a.lastSeenAt)
  return (
    <>
      <div className="title">
        <h1>Devices</h1>
        <form action={endOtherSessions}>
          <button type="submit" className="button" disabled={devices.every(({ current }) => current)}>
            End all other sessions
          </button>
        </form>
      </div>
      <ul className="devices">
        {devices.map((device) => (
          <li key={device.handle} data-testid="device" className="panel">
            <DeviceIcon mobile={device.mobile} />
            <h2 id={device.handle}>
              {device.browser} on {device.os}
            </h2>
            <dl className="facts">
              <div>
                <dt>Created</dt>
                <dd>
                  <Time at={device.createdAt} />
                </dd>
              </div>
              <div>
                <dt>Last seen</dt>
                <dd>
                  <Time at={device.lastSeenAt} data-testid="last-seen" />
                </dd>
              </div>
              <div>
                <dt>IP address</dt>
                <dd>{device.ip ?? 'unknown'}</dd>
              </div>
            </dl>
            {device.current ? (
              <span className="badge current">This device</span>
            ) : (
              <form action={endSession}>
                <input type="hidden" name="handle" value={device.handle} />
                <button type="submit" className="button danger" aria-describedby={device.handle}>
                  End session
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      <p className="hint">A device whose session is ended is signed out at its next click.</p>
    </>
  )
}
