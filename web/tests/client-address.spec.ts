/** Whom Better Auth's rate limit counts, as `lib/auth` sets it up: no browser involved. */
import { getIP } from "better-auth/api";
import { expect, test } from "@playwright/test";
import { trustedProxies } from "../lib/env";

function client(forwarded: string, proxies: string): string | null {
  const before = { proxies: process.env.TRUSTED_PROXIES, mode: process.env.NODE_ENV };
  Object.assign(process.env, { TRUSTED_PROXIES: proxies, NODE_ENV: "production" });
  try {
    return getIP(new Headers({ "x-forwarded-for": forwarded }), { advanced: { ipAddress: { trustedProxies: trustedProxies() } } });
  } finally {
    Object.assign(process.env, { TRUSTED_PROXIES: before.proxies ?? "", NODE_ENV: before.mode ?? "test" });
  }
}

test("behind several proxies each client is counted for itself", () => {
  expect(client("203.0.113.7", "")).toBe("203.0.113.7");
  expect(client("203.0.113.7, 10.0.0.2", "10.0.0.0/8")).toBe("203.0.113.7");
  expect(client("203.0.113.8, 10.0.0.2", "10.0.0.0/8, fd00::/8")).toBe("203.0.113.8");
  // What a client wrote itself stands further left.
  expect(client("198.51.100.1, 203.0.113.7, 10.0.0.2", "10.0.0.0/8")).toBe("203.0.113.7");
});

test("without knowing the proxies all clients are one", () => {
  expect(client("203.0.113.7, 10.0.0.2", "")).toBeNull();
});
