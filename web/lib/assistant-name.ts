/** What an assistant calls itself. Imported on first use for the same reason as in `lib/session`. */
import { headers } from "next/headers";

/** Longer names would push what follows out of sight. */
const MAX_CHARS = 60;

/** Its name as one short line, or null for a client that is not registered. */
export async function assistantCalled(clientId: string | null): Promise<string | null> {
  if (!clientId) return null;
  const { auth } = await import("./auth");
  if (!("getOAuthClientPublic" in auth.api)) return null;
  const client = await auth.api.getOAuthClientPublic({ query: { client_id: clientId }, headers: await headers() }).catch(() => null);
  return client && shown(String(client.client_name ?? ""));
}

/** Without what could change the direction or the lines of the text around it. */
function shown(name: string): string {
  const plain = name.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").replace(/\s+/g, " ").trim();
  const characters = [...plain];
  if (characters.length > MAX_CHARS) return `${characters.slice(0, MAX_CHARS).join("")}…`;
  return plain || "An assistant without a name";
}
