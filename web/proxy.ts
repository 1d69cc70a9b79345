/**
 * The Content-Security-Policy of every page, with a nonce that is made for one response and never used again.
 *
 * A script that an attacker smuggles into a page could fetch a token from /api/auth/token. It does not
 * run, because it cannot know the nonce. Next.js reads the nonce from the header of the request and puts it
 * on its own scripts, which it can do only while it renders: `app/layout` makes every page dynamic.
 */
import { randomBytes } from "node:crypto";
import { NextResponse, type NextRequest } from "next/server";
import { apiUrl } from "./lib/env";

/** Everything else (the API of Better Auth, built files) has the policy in `next.config.ts`, which allows nothing. */
export const config = { matcher: "/((?!api/|_next/static/).*)" };

export function proxy(request: NextRequest): NextResponse {
  const policy = policyOf(randomBytes(16).toString("base64"));
  // On the request too, in place of whatever the client sent: there Next.js looks for the nonce.
  const headers = new Headers(request.headers);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  return response;
}

function policyOf(nonce: string): string {
  // What `next dev` needs: for explanations of errors, new styles, and its own button in the corner.
  const development = process.env.NODE_ENV === "development";
  return [
    "default-src 'none'",
    // With 'strict-dynamic' a browser goes by the nonce alone; 'self' is for those that do not know it.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self'${development ? " 'unsafe-inline'" : ""}`,
    "img-src 'self'",
    `connect-src 'self' ${new URL(apiUrl()).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    ...(development ? ["font-src 'self'"] : []),
  ].join("; ");
}
