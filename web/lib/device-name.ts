/** What a browser says of itself, in words for a person: "Firefox on Windows". */
import Bowser from "bowser";

/** Enough for every browser; a script may say anything. */
const MAX_LENGTH = 60;

export function deviceName(userAgent: string | null): string {
  if (!userAgent) return "Unknown device";
  const { browser, os } = Bowser.parse(userAgent);
  // Of a script the name of the program: "curl/8.5.0".
  const names = [browser.name, os.name].filter(Boolean).join(" on ") || /^[\w.-]+/.exec(userAgent)?.[0] || "Unknown device";
  return names.slice(0, MAX_LENGTH);
}
