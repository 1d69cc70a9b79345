/**
 * Everything the server side reads from the environment, checked once and explained in one sentence.
 *
 * A wrong value here would otherwise surface much later, as a 401 from the API or a 500 from the
 * token endpoint. Messages name the variable and never show a secret.
 */
import { createHmac } from "node:crypto";

/** A mistake in the configuration that the operator can fix. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Printed in Better Auth's public source: whoever knows it can sign in as anybody. */
const PUBLIC_DEFAULT_SECRET = "better-auth-secret-12345678901234567890";

function checkedSecret(name: string, value: string): string {
  if (value === PUBLIC_DEFAULT_SECRET) {
    throw new ConfigError(`${name} is Better Auth's public development default; make your own with: openssl rand -base64 32`);
  }
  if (value !== value.trim() || /^(["']).*\1$/.test(value)) {
    throw new ConfigError(`${name} has white space or quotes around it, which the API would not read the same way; remove them.`);
  }
  if (Buffer.byteLength(value, "utf8") < 32) {
    throw new ConfigError(`${name} must be at least 32 bytes long; make one with: openssl rand -base64 32`);
  }
  return value;
}

/**
 * The secret that signs new tokens: BETTER_AUTH_SECRET or, while secrets are being rotated, the first
 * entry of BETTER_AUTH_SECRETS ("2:new,1:old"), the one Better Auth itself treats as current.
 */
export function signingSecret(): string {
  const rotating = process.env.BETTER_AUTH_SECRETS;
  if (rotating) {
    const [current = ""] = rotating.split(",");
    return checkedSecret("The first entry of BETTER_AUTH_SECRETS", current.slice(current.indexOf(":") + 1).trim());
  }
  const single = process.env.BETTER_AUTH_SECRET;
  if (!single) {
    throw new ConfigError("BETTER_AUTH_SECRET is not set; make one with: openssl rand -base64 32, and give the API the same value.");
  }
  return checkedSecret("BETTER_AUTH_SECRET", single);
}

/** A short mark of the secret. The API logs the same one, so that two different secrets are told apart without showing either. */
export function secretFingerprint(): string {
  return createHmac("sha256", signingSecret()).update("taskbridge/secret-fingerprint/v1").digest("hex").slice(0, 8);
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
  const url = httpUrl("API_URL", "http://localhost:8000");
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

/** Better Auth's own default (on in production) unless AUTH_RATE_LIMIT=off, which is meant for tests only. */
export function rateLimitEnabled(): boolean | undefined {
  return process.env.AUTH_RATE_LIMIT === "off" ? false : undefined;
}
