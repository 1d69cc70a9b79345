/** Stands in for the API towards the web server, to answer as the real one cannot be made to. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";

export interface ApiDouble {
  url: string;
  /** Without an answer it hangs up. */
  answer: (next: RequestListener | null) => void;
  close: () => void;
}

export async function startDouble(): Promise<ApiDouble> {
  let listener: RequestListener | null = null;
  const server = createServer((request, response) => (listener ? listener(request, response) : request.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    answer: (next) => (listener = next),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** How the front end signs: with this secret, or with the keys at this address. */
export type Verifier = { secret: string } | { jwksUrl: string };

export interface LogoutTokens {
  /** What has arrived so far, verified as the specification demands. */
  payloads: JWTPayload[];
  /** The sessions that they end, sorted. */
  sessions: () => string[];
}

/** Takes logout tokens at `/backchannel-logout`, and answers 204 to an erasure. */
export function takeLogoutTokens(double: ApiDouble, issuer: string, signing: Verifier, status: () => number = () => 200): LogoutTokens {
  const payloads: JWTPayload[] = [];
  double.answer((request, response) => {
    if (request.method === "DELETE") return response.writeHead(204).end();
    const answered = status();
    if (answered !== 200) return response.writeHead(answered).end();
    verified(request, issuer, signing).then(
      (payload) => {
        payloads.push(payload);
        response.writeHead(200).end();
      },
      // The front end prints it, and so does the failed test.
      (error) => response.writeHead(400, { "Content-Type": "application/json" }).end(JSON.stringify({ error: "invalid_request", error_description: String(error) })),
    );
  });
  return { payloads, sessions: () => payloads.map(({ sid }) => String(sid)).sort() };
}

async function verified(request: IncomingMessage, issuer: string, signing: Verifier): Promise<JWTPayload> {
  if (request.url !== "/backchannel-logout" || request.method !== "POST") throw new Error(`${request.method} ${request.url}`);
  if (!/^application\/x-www-form-urlencoded\b/.test(request.headers["content-type"] ?? "")) throw new Error(`Content-Type ${request.headers["content-type"]}`);
  if (request.headers.authorization || request.headers.cookie) throw new Error("There are other credentials with it.");
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const form = [...new URLSearchParams(body)];
  if (form.length !== 1 || form[0]?.[0] !== "logout_token") throw new Error(`the form is ${form.map(([name]) => name).join()}`);
  const rules = { issuer, audience: issuer, typ: "logout+jwt", requiredClaims: ["iat", "exp", "jti", "events", "sid"] };
  const token = form[0][1];
  const { payload } =
    "secret" in signing
      ? await jwtVerify(token, new TextEncoder().encode(signing.secret), { ...rules, algorithms: ["HS256"] })
      : await jwtVerify(token, createRemoteJWKSet(new URL(signing.jwksUrl)), { ...rules, algorithms: ["EdDSA"] });
  if ("nonce" in payload) throw new Error("It has a nonce.");
  if (Number(payload.exp) - Number(payload.iat) > 120) throw new Error("It lives for more than two minutes.");
  if (JSON.stringify(payload.events) !== '{"http://schemas.openid.net/event/backchannel-logout":{}}') throw new Error(JSON.stringify(payload.events));
  return payload;
}
