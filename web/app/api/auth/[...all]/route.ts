/**
 * Better Auth's endpoints: sign-up, sign-in, sign-out, and the token the API accepts.
 *
 * Imported on first use for the same reason as in `lib/session`: a build must not need the secret.
 */
async function handle(request: Request): Promise<Response> {
  const { auth } = await import("../../../../lib/auth");
  return auth.handler(request);
}

export { handle as GET, handle as POST };
