/** Deleting an account, between Better Auth and the API: tasks first, and no account without them. No browser involved. */
import type { RequestListener } from "node:http";
import { expect, test } from "@playwright/test";
import { startDouble } from "./support/api-double";
import { decoded, withBench, type Bench, type Member } from "./support/bench";
import { callApi } from "./support/fixtures";
import type { Signing } from "./support/servers";

async function start(bench: Bench, signing: Signing, env: Record<string, string> = {}): Promise<void> {
  const secret = `erasure-${crypto.randomUUID()}`;
  await bench.web({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing, ...env });
  await bench.api(signing === "jwks" ? { JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" } : { BETTER_AUTH_SECRET: secret });
}

/** Somebody with one task, and a look at their tasks with a token from before whatever comes. */
async function withTask(bench: Bench): Promise<{ member: Member; tasks: () => Promise<unknown> }> {
  const member = await bench.signUp();
  const token = String(await member.token());
  const url = `${bench.apiUrl}/api/${member.userId}/tasks`;
  expect((await callApi(url, token, "POST", { title: "Mine" })).status).toBe(201);
  return { member, tasks: async () => (await callApi(url, token)).json() };
}

for (const signing of ["shared-secret", "jwks"] as const) {
  test(`${signing}: the tasks go with the account, and nobody else's do`, () =>
    withBench(async (bench) => {
      await start(bench, signing);
      const [ada, bob] = [await withTask(bench), await withTask(bench)];
      expect((await ada.member.deleteAccount()).status).toBe(200);
      expect(await ada.tasks()).toMatchObject({ status: 401, code: "account_erased", retry: "login" });
      expect(await ada.member.token()).toBe(401);
      expect((await ada.member.signIn()).status).toBe(401);
      expect(await bob.tasks()).toMatchObject([{ title: "Mine" }]);
      expect(typeof (await bob.member.token())).toBe("string");
    }));

  test(`${signing}: while the API is away or in doubt the account stays, and so do its tasks`, () =>
    withBench(async (bench) => {
      const api = await startDouble();
      try {
        await start(bench, signing, { API_URL: "http://localhost:1", API_INTERNAL_URL: api.url });
        const { member, tasks } = await withTask(bench);
        // Nobody there; another answer than 204; one that sends the web server somewhere else, where it would be 204.
        const answers: (RequestListener | null)[] = [
          null,
          (_request, response) => response.writeHead(503).end(),
          (_request, response) => response.writeHead(200).end("{}"),
          (_request, response) => response.writeHead(401).end('{"code":"invalid_token"}'),
          (request, response) => response.writeHead(request.url === "/elsewhere" ? 204 : 303, { Location: "/elsewhere" }).end(),
        ];
        for (const answer of answers) {
          api.answer(answer);
          const refused = await member.deleteAccount();
          expect(refused.status).toBe(503);
          expect(await refused.json()).toMatchObject({ code: "TASKS_NOT_ERASED" });
          expect(typeof (await member.token())).toBe("string");
          expect(await tasks()).toMatchObject([{ title: "Mine" }]);
        }

        // It asks in the user's name, with a token for a minute, at the internal address.
        const seen: { method?: string | undefined; url?: string | undefined; authorization?: string | undefined }[] = [];
        api.answer((request, response) => {
          // The session that goes with the account is told as well, afterwards.
          if (request.url === "/backchannel-logout") return response.writeHead(200).end();
          seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
          response.writeHead(204).end();
        });
        const session = decoded(String(await member.token()), "payload").sid;
        expect((await member.deleteAccount("not the password")).status).toBe(400);
        expect(seen).toEqual([]);
        expect((await member.deleteAccount()).status).toBe(200);
        expect(seen).toEqual([{ method: "DELETE", url: `/api/${member.userId}`, authorization: expect.stringMatching(/^Bearer /) }]);
        const claims = decoded(seen[0]?.authorization ?? "", "payload") as Record<string, number>;
        expect(claims).toMatchObject({ sub: member.userId, sid: session, iss: bench.authUrl, aud: bench.authUrl });
        expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
      } finally {
        api.close();
      }
    }));

  test(`${signing}: an account whose tasks the API has erased before goes, though its tokens are refused`, () =>
    withBench(async (bench) => {
      const api = await startDouble();
      try {
        await start(bench, signing, { API_INTERNAL_URL: api.url });
        const member = await bench.signUp();
        api.answer((request, response) => response.writeHead(request.method === "DELETE" ? 401 : 200).end('{"code":"account_erased"}'));
        expect((await member.deleteAccount()).status).toBe(200);
        expect((await member.signIn()).status).toBe(401);
      } finally {
        api.close();
      }
    }));
}
