/**
 * The options of Better Auth's JWT plugin for the two ways of signing.
 *
 * By itself the plugin signs with a key pair. Options found in many guides (`jwtSecret`, `algorithm: "HS256"`) are ignored; the
 * supported way to HS256 is a custom signer, `jwt.sign`.
 */
import type { JwtOptions } from "better-auth/plugins";
import { SignJWT, type JWTPayload } from "jose";
import type { CheckedOptions, Signed } from "./options.js";
import type { CurrentSecret } from "./secret.js";

export interface Signing {
  options: JwtOptions;
  /** Names who issues the tokens, which is known only once Better Auth has read its options. */
  issuedBy: (origin: string) => void;
  /** For the shared secret, which is known only then, too. */
  begin: (secret: CurrentSecret, jwksUrl: string) => void;
}

export function signingBy({ signing, algorithm, expirationTime, lifetime, claims }: CheckedOptions): Signing {
  const contents: NonNullable<JwtOptions["jwt"]> = {
    // A string, because a number would be taken for the moment of expiry itself.
    expirationTime,
    definePayload: (signed: Signed) => ({ ...claims(signed), ...sessionClaims(signed, lifetime) }),
  };
  // The API insists on both. They set this token apart from the others that Better Auth signs with the very same key, its session cookie
  // and its e-mail links. Better Auth's own default is the same, but an authorization server beside this plugin reads it here.
  const issuedBy = (origin: string) => void Object.assign(contents, { issuer: origin, audience: origin });
  // Otherwise every get-session answer would carry a token too, whether or not it was asked for.
  const common = { disableSettingJwtHeader: true };
  return signing === "jwks"
    ? // The algorithm decides how new keys are made; while there is one of another algorithm and none of this, that one goes on signing.
      { options: { ...common, jwt: contents, jwks: { keyPairConfig: { alg: algorithm } } }, issuedBy, begin: () => {} }
    : { ...withSecret(common, contents), issuedBy };
}

function withSecret(common: JwtOptions, contents: NonNullable<JwtOptions["jwt"]>): Omit<Signing, "issuedBy"> {
  let key: Uint8Array | null = null;
  let kid: { kid?: string } = {};
  // Both members are demanded beside a custom signer and neither is used: with `remoteUrl` set, /jwks answers 404, and nothing ever
  // fetches this address.
  const jwks = { remoteUrl: "http://localhost/api/auth/jwks", keyPairConfig: { alg: "EdDSA" as const } };
  const sign = (payload: JWTPayload, header?: Record<string, unknown>) => {
    if (!key) throw new Error("taskbridgeJwt signs only as a plugin of betterAuth().");
    return new SignJWT(payload).setProtectedHeader({ typ: "JWT", ...header, ...kid, alg: "HS256" }).sign(key);
  };
  return {
    options: { ...common, jwt: Object.assign(contents, { sign }), jwks },
    begin({ value, version }, jwksUrl) {
      // The raw bytes of the text: base64 or hex is not decoded, and the API does not decode it either.
      key = new TextEncoder().encode(value);
      // During a rotation the header names the secret, for the reader of a log.
      kid = version === null ? {} : { kid: version };
      jwks.remoteUrl = jwksUrl;
    },
  };
}

/**
 * `sid` is the session's id, by which the API can be told that it has ended; never its token, which is a secret. `exp` is set when
 * the session ends before the token would. Better Auth adds `sub` and the times; by default it would also copy the whole user,
 * e-mail address included, into a token that other services may log.
 */
function sessionClaims({ session }: Signed, lifetime: number): { sid: string; exp?: number } {
  const end = Math.floor(new Date(session.expiresAt).getTime() / 1000);
  const exp = Math.floor(Date.now() / 1000) + lifetime;
  return { sid: session.id, ...(end < exp ? { exp: end } : {}) };
}
