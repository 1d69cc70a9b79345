/**
 * The app's own Better Auth, `lib/auth`, without Next.js around it, and what the app itself does not offer. All of it is
 * Better Auth's own doing:
 *
 * - POST /test/new-key adds a key pair, as a rotation does;
 * - /test/cookie-cache/{secret|keys} is the same app with the session-cache cookie as a JWT, signed
 *   with the secret or with the key pair;
 * - /test/admin is the same app with the admin plugin;
 * - /test/endpoints lists the addresses of the app.
 *
 *     node tests/support/auth-server.mjs PORT
 */
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { toNodeHandler } from "better-auth/node";
import { admin, createJwk, jwt } from "better-auth/plugins";
import { tsImport } from "tsx/esm/api";

/** @type {typeof import("../../lib/auth")} */
const { auth, authOptions } = await tsImport("../../lib/auth.ts", import.meta.url);
/** @type {typeof import("../../lib/database")} */
const { createMissingTables } = await tsImport("../../lib/database.ts", import.meta.url);
const [jwtPlugin, ...otherPlugins] = authOptions.plugins;
const pluginOptions = jwtPlugin.options;

/** @param {boolean} signedWithKeys */
const withCookieCache = (signedWithKeys) => {
  const stock = jwt({ ...pluginOptions, sessionCookieCache: signedWithKeys });
  /** @param {any} context */
  const init = async (context) => {
    const ours = await jwtPlugin.init(context);
    return { ...ours, context: { ...ours?.context, ...stock.init(context)?.context } };
  };
  return betterAuth({
    ...authOptions,
    basePath: `/test/cookie-cache/${signedWithKeys ? "keys" : "secret"}`,
    plugins: [{ ...jwtPlugin, options: stock.options, init }, ...otherPlugins],
    session: { cookieCache: { enabled: true, strategy: "jwt" } },
  });
};

const withAdmin = async () => {
  const options = { ...authOptions, basePath: "/test/admin", plugins: [...authOptions.plugins, admin()] };
  await createMissingTables(options);
  return betterAuth(options);
};

/** Made when the first request comes. @type {[prefix: string, make: () => any][]} */
const others = [
  ["/test/cookie-cache/secret/", () => withCookieCache(false)],
  ["/test/cookie-cache/keys/", () => withCookieCache(true)],
  ["/test/admin/", withAdmin],
];
/** @type {Map<string, Promise<any>>} */
const made = new Map();
const app = toNodeHandler(auth);

/** Those that answer to requests; others are for the server itself. */
const endpoints = () =>
  Object.values(/** @type {Record<string, { path?: string, options?: { method?: string | string[], metadata?: { SERVER_ONLY?: boolean } } }>} */ (auth.api)).flatMap(
    ({ path, options }) => (path && !options?.metadata?.SERVER_ONLY ? [options?.method ?? "GET"].flat().map((method) => ({ path, method })) : []),
  );

createServer(async (request, response) => {
  const path = request.url ?? "/";
  try {
    if (path.startsWith("/api/auth/")) return await app(request, response);
    const other = others.find(([prefix]) => path.startsWith(prefix));
    if (other) {
      const [prefix, make] = other;
      if (!made.has(prefix)) made.set(prefix, Promise.resolve(make()));
      return await toNodeHandler(await made.get(prefix))(request, response);
    }
    if (path === "/test/endpoints") return response.end(JSON.stringify(endpoints()));
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
