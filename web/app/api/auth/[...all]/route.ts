/**
 * Better Auth's endpoints: sign-up, sign-in, sign-out, and the token the API accepts.
 *
 * Imported on first use for the same reason as in `lib/session`: a build must not need the secret.
 */

/** The longest body that is read, in bytes; the API's limit too. Neither Next.js nor Better Auth has one. */
const MAX_BODY_BYTES = 64 * 1024;

async function handle(request: Request): Promise<Response> {
  const body = await bodyOf(request);
  if (body === "too large") return Response.json({ code: "BODY_TOO_LARGE", message: "The request is too long." }, { status: 413 });
  const { auth } = await import("../../../../lib/auth");
  return auth.handler(body ? new Request(request, { body }) : request);
}

/** The whole body, and nothing beyond the limit: what follows is not read. */
async function bodyOf(request: Request): Promise<Buffer<ArrayBuffer> | "too large" | null> {
  const reader = request.body?.getReader();
  if (!reader) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength;
    if (length > MAX_BODY_BYTES) {
      await reader.cancel();
      return "too large";
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}

export { handle as GET, handle as POST };
