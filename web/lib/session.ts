/**
 * The signed-in user, as the server sees it. Pages ask here rather than trusting the browser.
 *
 * `lib/auth` is imported on first use, so that `next build`, which evaluates every page module, needs
 * neither a secret nor a database.
 */
import { headers } from "next/headers";

export async function currentUser() {
  const { auth } = await import("./auth");
  const session = await auth.api.getSession({ headers: await headers() });
  return session?.user ?? null;
}
