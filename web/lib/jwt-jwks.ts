/**
 * API tokens signed with a key pair: the stock JWT plugin. Set JWKS_URL on the API to
 * /api/auth/jwks of this app; it then needs no secret at all.
 *
 * Better Auth makes the first key when it first needs one, and keeps it in its table `jwks`, encrypted
 * with the current secret. When that is replaced, the old one must stay in BETTER_AUTH_SECRETS, and a
 * key made before there were versions needs BETTER_AUTH_SECRET as well.
 */
import { jwt, type JwtOptions } from "better-auth/plugins";
import { jwtAlgorithm } from "./env";

export function jwtWithKeyPair(claims: NonNullable<JwtOptions["jwt"]>) {
  return jwt({
    jwt: claims,
    // Without this line: EdDSA. It decides how new keys are made; while there is one of another
    // algorithm and none of this, that one goes on signing.
    jwks: { keyPairConfig: { alg: jwtAlgorithm() } },
    // Otherwise every get-session answer would carry a token too, whether or not it was asked for.
    disableSettingJwtHeader: true,
  });
}
