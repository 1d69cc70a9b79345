/** Where the pages of errors lead, with one heading for each. A team with documents of its own changes this line. */
const HELP = "/help";

/** What has gone wrong, in the words of the headings' addresses. */
export type Trouble = "unreachable" | "signed-out" | "server" | "no-page";

export function helpWith(trouble: Trouble): string {
  return `${HELP}#${trouble}`;
}

/** The troubles that a person who runs the app can end; of all others the sentence says enough. */
export function troubleOf(code: string): Trouble | null {
  if (code === "unreachable") return "unreachable";
  return code === "token_unavailable" ? "server" : null;
}
