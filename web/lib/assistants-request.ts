/**
 * The request of an assistant, as it stands in the address of the pages that a person goes through on the way to an
 * answer: `/sign-in`, `/sign-up` and `/consent`. Better Auth has signed it, so it is passed on as it is.
 */

/** As a query string with its question mark; empty where no assistant asks. */
export function assistantsRequest(query: { has: (name: string) => boolean; toString: () => string }): string {
  return query.has("sig") ? `?${query.toString()}` : "";
}
