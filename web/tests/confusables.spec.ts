/** One secret on both sides, and the tokens Better Auth signs with it for other purposes open nothing. No browser involved. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { callApi, expect, test } from "./support/fixtures";
import { webRoot } from "./support/prerequisites";

interface Minted {
  api: string;
  userId: string;
  cookieCache: string;
  emailVerification: string;
}

test("both servers log the same fingerprint of the secret, and neither logs the secret", async ({ stack }) => {
  const { api, web } = stack.logs();
  const fingerprint = (log: string) => /BETTER_AUTH_SECRET has the fingerprint ([0-9a-f]{8})\b/.exec(log)?.[1];
  expect(fingerprint(web)).toBeDefined();
  expect(fingerprint(api)).toBe(fingerprint(web));
  expect(api + web).not.toContain(stack.secret);
});

test("the API takes Better Auth's API token and refuses its two look-alikes on every path", async ({ stack }) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["tests/support/mint-confusables.mjs"], {
    cwd: webRoot,
    env: { ...process.env, BETTER_AUTH_SECRET: stack.secret, BETTER_AUTH_URL: stack.webUrl, JWT_EXPIRATION_TIME: "15m" },
  });
  // The line before it is the fingerprint of the secret.
  const minted = JSON.parse(stdout.trim().split("\n").at(-1)!) as Minted;
  const own = `/api/${minted.userId}/tasks`;
  const requests: [method: string, path: string, body?: unknown][] = [
    ["GET", "/api/me"],
    ["GET", own],
    ["POST", own, { title: "planted" }],
    ["GET", `${own}/1`],
    ["PUT", `${own}/1`, { title: "changed" }],
    ["PATCH", `${own}/1`, { title: "changed" }],
    ["PATCH", `${own}/1/complete`],
    ["DELETE", `${own}/1`],
    ["GET", "/api/undefined/tasks"],
    ["GET", "/api/no-such-path"],
  ];
  for (const [name, token] of [["cookieCache", minted.cookieCache], ["emailVerification", minted.emailVerification]] as const) {
    expect(token.split("."), name).toHaveLength(3);
    for (const [method, url, body] of requests) {
      const response = await callApi(`${stack.apiUrl}${url}`, token, method, body);
      expect(response.status, `${name}: ${method} ${url}`).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
      expect(await response.json()).toMatchObject({ retry: "login" });
    }
  }

  for (const url of ["/api/me", own]) {
    expect((await callApi(`${stack.apiUrl}${url}`, minted.api)).status, url).toBe(200);
  }
});
