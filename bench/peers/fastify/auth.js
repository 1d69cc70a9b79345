// The caller: a verified token whose user is the one in the path.
import { jwtVerify } from "jose";

const origin = process.env.JWT_ORIGIN;
const key = await crypto.subtle.importKey(
  "raw",
  new TextEncoder().encode(process.env.JWT_SECRET),
  { name: "HMAC", hash: "SHA-256" },
  false,
  ["verify"],
);
const options = { algorithms: ["HS256"], issuer: origin, audience: origin, clockTolerance: 30 };

/** A hook for every route below /api. */
export async function authenticate(request, reply) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  let claims;
  try {
    if (scheme !== "Bearer") throw new Error("no token");
    claims = (await jwtVerify(token, key, options)).payload;
  } catch {
    return reply.code(401).send({ detail: "Invalid or expired token" });
  }
  if (claims.sub !== request.params.userId) return reply.code(403).send({ detail: "Not your tasks" });
}
