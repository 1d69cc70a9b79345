/**
 * The app's own Better Auth, `lib/auth`, without Next.js around it, and two things that the app itself
 * does not offer. Both are Better Auth's own doing:
 *
 * - POST /test/new-key adds a key pair, as a rotation does;
 * - /test/cookie-cache/{secret|keys} is the same app with the session-cache cookie as a JWT, signed
 *   with the secret or with the key pair.
 *
 *     node tests/support/auth-server.mjs PORT
 */
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { toNodeHandler } from "better-auth/node";
import { createJwk, jwt } from "better-auth/plugins";
import { tsImport } from "tsx/esm/api";

/** @type {typeof import("../../lib/auth")} */
const { auth, authOptions } = await tsImport("../../lib/auth.ts", import.meta.url);
const pluginOptions = authOptions.plugins[0]?.options;

/** @param {boolean} signedWithKeys */
const withCookieCache = (signedWithKeys) =>
  toNodeHandler(
    betterAuth({
      ...authOptions,
      basePath: `/test/cookie-cache/${signedWithKeys ? "keys" : "secret"}`,
      plugins: [jwt({ ...pluginOptions, sessionCookieCache: signedWithKeys })],
      session: { cookieCache: { enabled: true, strategy: "jwt" } },
    }),
  );

const app = toNodeHandler(auth);

createServer(async (request, response) => {
  const path = request.url ?? "/";
  try {
    if (path.startsWith("/api/auth/")) return await app(request, response);
    if (path.startsWith("/test/cookie-cache/")) return await withCookieCache(path.split("/")[3] === "keys")(request, response);
    if (path === "/test/new-key") {
      // All that it reads of a request is the context.
      const key = await createJwk(/** @type {any} */ ({ context: await auth.$context }), pluginOptions);
      return response.end(JSON.stringify({ kid: key.id }));
    }
    response.writeHead(path === "/sign-in" ? 200 : 404).end();
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(process.argv[2]), "localhost");
