/**
 * Due dates between the API, which keeps a moment, and people, who mostly mean a day. The API takes a
 * plain date as midnight UTC; so midnight UTC is shown as that day everywhere, and anything else as
 * the reader's own time.
 */

/** Also of a plain date, as a form sends it. */
export function isWholeDay(due: string): boolean {
  return /^\d{4}-\d\d-\d\d$|T00:00:00(\.0+)?Z$/.test(due);
}

/** The day for a date field, `YYYY-MM-DD`, or an empty string. */
export function dayOf(due: string | null): string {
  if (due === null) return "";
  return isWholeDay(due) ? due.slice(0, 10) : localDay(new Date(due));
}

/** For people: the day, with the time of day where there is one. */
export function dueLabel(due: string, locale?: string): string {
  const day = { day: "numeric", month: "short", year: "numeric" } as const;
  return isWholeDay(due)
    ? new Intl.DateTimeFormat(locale, { ...day, timeZone: "UTC" }).format(new Date(due))
    : new Intl.DateTimeFormat(locale, { ...day, hour: "2-digit", minute: "2-digit" }).format(new Date(due));
}

/** A whole day is over when the reader's own day is. */
export function isOverdue(due: string, now: Date): boolean {
  return isWholeDay(due) ? dayOf(due) < localDay(now) : new Date(due) < now;
}

function localDay(moment: Date): string {
  const digits = (part: number, length = 2) => String(part).padStart(length, "0");
  return `${digits(moment.getFullYear(), 4)}-${digits(moment.getMonth() + 1)}-${digits(moment.getDate())}`;
}
