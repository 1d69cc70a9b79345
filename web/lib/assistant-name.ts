/** What an assistant calls itself, as it can be shown. Nobody has checked it. */

/** Longer names would push what follows out of sight. */
const MAX_CHARS = 60;

/** As one short line, without what could change the direction or the lines of the text around it. */
export function assistantName(claimed: string | null | undefined): string {
  const plain = (claimed ?? "").replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").replace(/\s+/g, " ").trim();
  const characters = [...plain];
  if (characters.length > MAX_CHARS) return `${characters.slice(0, MAX_CHARS).join("")}…`;
  return plain || "An assistant without a name";
}
