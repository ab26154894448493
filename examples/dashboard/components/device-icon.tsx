// A screen or a telephone, as decoration.
export function DeviceIcon({ mobile }: { mobile: boolean }) {
  return (
    <svg className="device-icon" viewBox="0 0 24 24" aria-hidden="true">
      {mobile ? (
        <path d="M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3ZM11 18h2" />
      ) : (
        <path d="M5 5h14a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 19 16H5a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 5 5ZM9 20h6M12 16v4" />
      )}
    </svg>
  )
}
