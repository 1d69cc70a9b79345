/** An assistant that has registered itself. Better Auth is imported on first use for the same reason as in `lib/session`. */
import { headers } from "next/headers";
import { assistantName } from "./assistant-name";

/** Its name, or null for a client that is not registered. */
export async function assistantCalled(clientId: string | null): Promise<string | null> {
  if (!clientId) return null;
  const { auth } = await import("./auth");
  if (!("getOAuthClientPublic" in auth.api)) return null;
  const client = await auth.api.getOAuthClientPublic({ query: { client_id: clientId }, headers: await headers() }).catch(() => null);
  return client && assistantName(client.client_name as string | undefined);
}
