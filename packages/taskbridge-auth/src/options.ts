/** The options of the plugin, each checked: a wrong one would surface much later, as a 401 from the API. */
import { BetterAuthError } from "better-auth";
import type { JwtOptions } from "better-auth/plugins";

/** What a token is made of: a session and its user, as Better Auth knows them. */
export type Signed = Parameters<NonNullable<NonNullable<JwtOptions["jwt"]>["definePayload"]>>[0];

/** The algorithms that Better Auth can sign with and the API can verify; ES512 is not among the latter. */
const ALGORITHMS = ["EdDSA", "ES256", "RS256", "PS256"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface TaskbridgeJwtOptions {
  /** Where this server reaches the Taskbridge API, such as `http://localhost:8000`. */
  apiUrl: string;
  /**
   * `shared-secret` (the default): HS256 with Better Auth's own secret, which the API has as BETTER_AUTH_SECRET.
   * `jwks`: with a key pair, whose public half the API fetches from JWKS_URL.
   */
  signing?: "shared-secret" | "jwks";
  /** With `jwks`: how new key pairs sign. `EdDSA` by default. */
  algorithm?: Algorithm;
  /** How long a token lives: a number and a unit, such as `15m` (the default) or `1h`. */
  expirationTime?: string;
  /** More claims for a token, such as `scope`. Throw an `APIError` to refuse it. */
  claims?: (signed: Signed) => Record<string, unknown>;
}

export interface CheckedOptions {
  /** Without a slash at the end. */
  apiUrl: string;
  signing: "shared-secret" | "jwks";
  algorithm: Algorithm;
  expirationTime: string;
  /** The same in seconds. */
  lifetime: number;
  claims: (signed: Signed) => Record<string, unknown>;
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const KNOWN = ["apiUrl", "signing", "algorithm", "expirationTime", "claims"];

/** Throws a `BetterAuthError` of one sentence. */
export function checkOptions(options: TaskbridgeJwtOptions): CheckedOptions {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown) throw wrong(`has no option ${unknown}; there are ${KNOWN.join(", ")}.`);
  const { signing = "shared-secret", expirationTime = "15m", claims = () => ({}) } = options;
  if (signing !== "shared-secret" && signing !== "jwks") throw wrong(`signing must be "shared-secret" or "jwks", but it is ${said(signing)}.`);
  // A bare number is refused because Better Auth takes it for a point in time: 3600 means 1970.
  if (!/^[1-9][0-9]*[smhd]$/.test(expirationTime)) {
    throw wrong(`expirationTime must be a number with a unit, such as "15m" or "1h", but it is ${said(expirationTime)}.`);
  }
  if (typeof claims !== "function") throw wrong("claims must be a function that returns an object.");
  const unit = expirationTime.slice(-1) as keyof typeof SECONDS;
  const lifetime = Number(expirationTime.slice(0, -1)) * SECONDS[unit];
  return { apiUrl: checkedUrl(options.apiUrl), signing, algorithm: checkedAlgorithm(signing, options.algorithm), expirationTime, lifetime, claims };
}

function checkedUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw wrong(`apiUrl must be the full address of the Taskbridge API, such as "http://localhost:8000", but it is ${said(value)}.`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function checkedAlgorithm(signing: string, value: Algorithm = "EdDSA"): Algorithm {
  if (!ALGORITHMS.includes(value)) throw wrong(`algorithm must be one of ${ALGORITHMS.join(", ")}, but it is ${said(value)}.`);
  if (signing === "shared-secret" && value !== "EdDSA") {
    throw wrong('algorithm is for signing: "jwks" only: with a shared secret it is always HS256.');
  }
  return value;
}

const said = (value: unknown) => (value === undefined ? "undefined" : JSON.stringify(value));
const wrong = (sentence: string) => new BetterAuthError(`taskbridgeJwt: ${sentence}`);
