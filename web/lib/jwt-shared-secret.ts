/**
 * API tokens signed with the secret that both sides know: HS256 over BETTER_AUTH_SECRET.
 *
 * Better Auth's JWT plugin signs with a key pair of its own; options found in many guides
 * (`jwtSecret`, `algorithm: "HS256"`) are ignored. The supported way to HS256 is a custom signer,
 * `jwt.sign`.
 */
import { jwt, type JwtOptions } from "better-auth/plugins";
import { SignJWT } from "jose";
import { authBaseUrl, currentSecret } from "./env";

export function jwtWithSharedSecret(claims: NonNullable<JwtOptions["jwt"]>) {
  const { value, version } = currentSecret();
  // The raw bytes of the text: base64 or hex is not decoded, and the API does not decode it either.
  const key = new TextEncoder().encode(value);
  // During a rotation (BETTER_AUTH_SECRETS) the header names the secret, for the reader of a log.
  const kid = version === null ? {} : { kid: version };
  return jwt({
    jwt: {
      ...claims,
      sign: (payload, header) => new SignJWT(payload).setProtectedHeader({ typ: "JWT", ...header, ...kid, alg: "HS256" }).sign(key),
    },
    jwks: {
      // Both are demanded beside a custom signer and neither is used: with `remoteUrl` set,
      // /api/auth/jwks answers 404, and nothing ever fetches this address.
      remoteUrl: new URL("/api/auth/jwks", authBaseUrl()).href,
      keyPairConfig: { alg: "EdDSA" },
    },
    // Otherwise every get-session answer would carry a token too, whether or not it was asked for.
    disableSettingJwtHeader: true,
  });
}
