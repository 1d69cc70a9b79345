/** The name and its mark: a bridge, decorative and therefore hidden from assistive technology. */
export function Brand() {
  return (
    <span className="brand">
      <svg aria-hidden="true" viewBox="0 0 32 32" width="28" height="28">
        <rect width="32" height="32" rx="8" className="brand-tile" />
        <path
          className="brand-arch"
          d="M5 21.5h22M5 21.5c4.5-9.5 17.5-9.5 22 0M11 21.5v-6M16 21.5v-7.2M21 21.5v-6"
          fill="none"
          strokeWidth="2.2"
          strokeLinecap="round"
        />
      </svg>
      <span className="brand-name">Taskbridge</span>
    </span>
  );
}
