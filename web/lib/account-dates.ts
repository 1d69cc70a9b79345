/** How the page of the account writes dates. */
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const dayOf = (date: Date): string => day.format(date);

/** With the time of day. */
export const momentOf = (date: Date): string => moment.format(date);
