/**
 * API tokens signed with a key pair: the stock JWT plugin. Set JWKS_URL on the API to
 * /api/auth/jwks of this app; it then needs no secret at all.
 *
 * Better Auth makes the first key when somebody first asks for a token or for the keys, and keeps it
 * in its table `jwks`, encrypted with the current secret. While a secret is replaced the old one
 * must therefore stay readable, or the token endpoint answers 500.
 */
import { jwt, type JwtOptions } from "better-auth/plugins";
import { jwtAlgorithm } from "./env";

export function jwtWithKeyPair(claims: NonNullable<JwtOptions["jwt"]>) {
  return jwt({
    jwt: claims,
    // Without this line: EdDSA. It decides about keys yet to be made; existing ones of another
    // algorithm go on signing until a key of this one is there.
    jwks: { keyPairConfig: { alg: jwtAlgorithm() } },
    // Otherwise every get-session answer would carry a token too, whether or not it was asked for.
    disableSettingJwtHeader: true,
  });
}
