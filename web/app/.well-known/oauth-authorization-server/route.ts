/**
 * Where assistants find the endpoints of the authorization server (RFC 8414). 404 unless MCP=on.
 *
 * Imported on first use for the same reason as in `lib/session`: a build must not need the secret.
 */
export async function GET(request: Request): Promise<Response> {
  const { auth } = await import("../../../lib/auth");
  return auth.handler(request);
}
