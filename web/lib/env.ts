/**
 * Everything the server side reads from the environment, checked once and explained in one sentence.
 *
 * A wrong value here would otherwise surface much later, as a 401 from the API or a 500 from the
 * token endpoint. Messages name the variable and never show a secret.
 */
import { isIP } from "node:net";

/** A mistake in the configuration that the operator can fix. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** How API tokens are signed: JWT_SIGNING. `shared-secret` (the default) or `jwks`; see `taskbridgeJwt`. */
export function jwtSigning(): "shared-secret" | "jwks" {
  const value = process.env.JWT_SIGNING || "shared-secret";
  if (value !== "shared-secret" && value !== "jwks") {
    throw new ConfigError(`JWT_SIGNING must be shared-secret or jwks, but it is "${value}".`);
  }
  if (value === "shared-secret" && process.env.JWT_ALGORITHM) {
    throw new ConfigError("JWT_ALGORITHM is for JWT_SIGNING=jwks only: with a shared secret the algorithm is always HS256.");
  }
  return value;
}

/** The algorithms that Better Auth can sign with and the API can verify; ES512 is not among the latter. */
const KEY_PAIR_ALGORITHMS = ["EdDSA", "ES256", "RS256", "PS256"] as const;

/** The algorithm of the key pair: JWT_ALGORITHM. */
export function jwtAlgorithm(): (typeof KEY_PAIR_ALGORITHMS)[number] {
  const value = process.env.JWT_ALGORITHM || "EdDSA";
  const algorithm = KEY_PAIR_ALGORITHMS.find((one) => one === value);
  if (!algorithm) {
    throw new ConfigError(`JWT_ALGORITHM must be one of ${KEY_PAIR_ALGORITHMS.join(", ")}, but it is "${value}".`);
  }
  return algorithm;
}

function httpUrl(name: string, fallback: string): URL {
  const value = process.env[name] || fallback;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ConfigError(`${name} must be a full address such as ${fallback}, but it is "${value}".`);
  }
  return url;
}

/** Where the browser reaches this app: BETTER_AUTH_URL. */
export function authBaseUrl(): URL {
  return httpUrl("BETTER_AUTH_URL", "http://localhost:3000");
}

/** Where the browser reaches the task API: API_URL, read at run time so that one build serves every stage. */
export function apiUrl(): string {
  return withoutSlash(httpUrl("API_URL", "http://localhost:8000"));
}

/** Where this server reaches the task API: API_INTERNAL_URL, for containers in which `localhost` is somebody else. */
export function apiInternalUrl(): string {
  return withoutSlash(httpUrl("API_INTERNAL_URL", apiUrl()));
}

function withoutSlash(url: URL): string {
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** How long an API token lives: JWT_EXPIRATION_TIME, a number and a unit. */
export function tokenLifetime(): string {
  const value = process.env.JWT_EXPIRATION_TIME || "15m";
  // A bare number is refused because Better Auth takes it for a point in time: 3600 means 1970.
  if (!/^[1-9][0-9]*[smhd]$/.test(value)) {
    throw new ConfigError(`JWT_EXPIRATION_TIME must be a number with a unit, such as 15m or 1h, but it is "${value}".`);
  }
  return value;
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The same in seconds. */
export function tokenLifetimeSeconds(): number {
  const lifetime = tokenLifetime();
  return Number(lifetime.slice(0, -1)) * SECONDS[lifetime.slice(-1) as keyof typeof SECONDS];
}

/**
 * The address of the endpoint for assistants, or null while MCP is off: both variables are the API's too. Tokens are
 * bound to this address, so the two sides must write it alike.
 */
export function mcpResource(): string | null {
  const mode = process.env.MCP || "off";
  if (mode !== "on" && mode !== "off") throw new ConfigError(`MCP must be on or off, but it is "${mode}".`);
  if (mode === "off") return null;
  const url = httpUrl("MCP_RESOURCE", `${apiUrl()}/mcp`);
  if (url.pathname !== "/mcp" || url.search || url.hash || url.username || url.password) {
    throw new ConfigError(`MCP_RESOURCE must be an address with the path /mcp and nothing after it, but it is "${url.href}".`);
  }
  for (const [name, address] of [["MCP_RESOURCE", url], ["BETTER_AUTH_URL", authBaseUrl()]] as const) {
    if (address.protocol === "http:" && !isLoopback(address.hostname)) {
      throw new ConfigError(`${name} must be https with MCP=on, unless it is an address of this machine: assistants send tokens there.`);
    }
  }
  return url.href;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}

/** Better Auth's own default (on in production) unless AUTH_RATE_LIMIT=off, which is meant for tests only. */
export function rateLimitEnabled(): boolean | undefined {
  return process.env.AUTH_RATE_LIMIT === "off" ? false : undefined;
}

/** The proxies before this app, as addresses or networks with commas: TRUSTED_PROXIES, the same as the API's. */
export function trustedProxies(): string[] {
  const entries = (process.env.TRUSTED_PROXIES ?? "").split(",").map((entry) => entry.trim()).filter(Boolean);
  for (const entry of entries) {
    const [address = "", prefix, ...rest] = entry.split("/");
    const bits = isIP(address) === 6 ? 128 : 32;
    const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
    if (!isIP(address) || !fits || rest.length > 0) {
      throw new ConfigError(`TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, with commas, but it has "${entry}".`);
    }
  }
  return entries;
}
