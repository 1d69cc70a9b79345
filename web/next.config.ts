/**
 * Next.js settings, and the one place where the repository's `.env` reaches the web side.
 *
 * The Rust API and this app must agree on BETTER_AUTH_SECRET and BETTER_AUTH_URL, so both read the
 * same file, one directory up. Node's own loader is used rather than `@next/env` because the latter
 * expands `$NAME` inside values, which would silently change a secret that contains a dollar sign.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import type { NextConfig } from "next";

const repository = path.join(import.meta.dirname, "..");
const sharedEnv = path.join(repository, ".env");
// Variables that are already set win, so a container or a test can override the file.
if (existsSync(sharedEnv)) process.loadEnvFile(sharedEnv);

const securityHeaders = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
  { key: "X-Frame-Options", value: "DENY" },
  // For what is no page. Pages have one with a nonce instead, from `proxy.ts`.
  { key: "Content-Security-Policy", value: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
];

const config: NextConfig = {
  poweredByHeader: false,
  // For container images: NEXT_OUTPUT=standalone makes .next/standalone/server.js, which carries its
  // own dependencies. It does not evaluate this file, so there the environment must be set from outside.
  output: process.env.NEXT_OUTPUT === "standalone" ? "standalone" : undefined,
  // There are no pictures to scale, and this leaves out the library for it: a quarter of the image.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["../node_modules/sharp/**", "../node_modules/@img/**"] },
  // libsql loads a native library and pg an optional one; neither survives bundling.
  serverExternalPackages: ["@libsql/kysely-libsql", "@libsql/client", "libsql", "pg"],
  // Where the packages are, `taskbridge-auth` among them. Without this Next.js may pick a parent directory that holds another lock file.
  turbopack: { root: repository },
  outputFileTracingRoot: repository,
  // Next.js keeps the body of a request to a page for `proxy.ts`, by default up to 10 MB. No page here reads one.
  experimental: { proxyClientMaxBodySize: "64kb" },
  async headers() {
    return [{ source: "/:path*", headers: securityHeaders }];
  },
};

export default config;
