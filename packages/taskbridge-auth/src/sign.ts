/** Tokens that this server itself sends to the API, by the JWT plugin's own signer, whichever of the two ways that is. */
import type { AuthContext, GenericEndpointContext } from "better-auth";
import { signJWT, type JwtOptions } from "better-auth/plugins";

/** Good for `lifetime` seconds from now. */
export function signToken(auth: AuthContext, lifetime: number, payload: Record<string, unknown>, header?: Record<string, unknown>): Promise<string> {
  const options = auth.getPlugin("jwt")?.options as JwtOptions | undefined;
  const iat = Math.floor(Date.now() / 1000);
  // All that signing reads of a request is the context.
  return signJWT({ context: auth } as GenericEndpointContext, { options, payload: { iat, exp: iat + lifetime, ...payload }, header });
}
