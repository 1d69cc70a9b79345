/**
 * A stranger's first ten minutes: an app from the README and the tarball alone, the real API, and a browser that signs up and adds a
 * task. Next.js with the shared secret, Vite and Hono with a key pair.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { freePort, launch, launchApi, logTailOf } from "../../../web/tests/support/servers";
import { makeApp, PINNED, type Addresses, type FreshApp } from "./fresh-app";

/** What a person has before the README begins, with the versions of packages that are known to work together. */
const NEXT_TEMPLATE = [
  "npx --yes create-next-app@16.4.3 app --yes --empty --ts --no-eslint --no-tailwind --app --no-src-dir --use-npm --skip-install --disable-git",
  `cd app && npm pkg set ${["next", "react", "react-dom"].map((name) => `dependencies.${name}=${PINNED[name]}`).join(" ")}`,
  `npm pkg set ${["@types/node", "@types/react", "@types/react-dom", "typescript"].map((name) => `devDependencies.${name}=${PINNED[name]}`).join(" ")}`,
].join(" && ");

const newAddresses = async (): Promise<Addresses> => ({ web: await freePort(), api: await freePort(), secret: randomBytes(32).toString("base64") });

async function withServers(app: FreshApp, { web, api }: Addresses, keys: Record<string, string>, use: () => Promise<void>): Promise<void> {
  const logs = mkdtempSync(path.join(tmpdir(), "taskbridge-fresh-logs-"));
  // Without npx in between, which would not hand on the signal to stop.
  const command = app.start.replace(/^npx /, "node_modules/.bin/");
  const servers = [
    launch("bash", ["-c", `exec ${command}`], app.folder, path.join(logs, "web.log"), { PORT: String(web) }),
    launchApi(api, logs, { BETTER_AUTH_URL: `http://localhost:${web}`, ...keys }),
  ];
  try {
    await Promise.all([servers[0]!.answering(`http://localhost:${web}/`), servers[1]!.answering(`http://localhost:${api}/health`)]);
    await use();
  } catch (error) {
    console.log(logTailOf(logs));
    throw error;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(logs, { recursive: true, force: true });
  }
}

async function signUp(page: Page, { web }: Addresses, name: string): Promise<void> {
  await page.goto(`http://localhost:${web}/`);
  await page.getByPlaceholder("Name").fill(name);
  await page.getByPlaceholder("E-mail").fill(`${name}@example.com`);
  await page.getByPlaceholder("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign up" }).click();
}

const alerts = (page: Page) => page.getByRole("alert").filter({ hasText: /./ });

async function signUpAndUseTasks(page: Page, addresses: Addresses): Promise<void> {
  await signUp(page, addresses, "ada");
  await page.getByPlaceholder("Title").fill("Buy milk");
  await page.getByRole("button", { name: "Add" }).click();
  const task = page.getByRole("checkbox", { name: "Buy milk" });
  await expect(task).not.toBeChecked();
  const completed = page.waitForResponse((response) => response.request().method() === "PATCH");
  await task.click();
  expect((await completed).status()).toBe(200);
  // What the API has, and not what this page remembers.
  await page.reload();
  await expect(task).toBeChecked();
  await expect(alerts(page)).toHaveCount(0);
}

test("Next.js: sign-up and a task, signed with the shared secret", async ({ page, context }) => {
  const addresses = await newAddresses();
  const app = makeApp("Next.js", addresses, NEXT_TEMPLATE);
  try {
    // The commonest mistake: it must be said, and cost nothing once it is corrected.
    await withServers(app, addresses, { BETTER_AUTH_SECRET: `${addresses.secret}, another one` }, async () => {
      await signUp(page, addresses, "eve");
      await expect(alerts(page)).toContainText("token");
    });
    await context.clearCookies();
    await withServers(app, addresses, { BETTER_AUTH_SECRET: addresses.secret }, () => signUpAndUseTasks(page, addresses));
  } finally {
    app.remove();
  }
});

test("Vite and Hono: sign-up and a task, signed with a key pair", async ({ page }) => {
  const addresses = await newAddresses();
  const app = makeApp("Vite and Hono", addresses);
  const keys = { JWKS_URL: `http://localhost:${addresses.web}/api/auth/jwks`, JWKS_COOLDOWN_SECONDS: "1" };
  try {
    await withServers(app, addresses, keys, () => signUpAndUseTasks(page, addresses));
  } finally {
    app.remove();
  }
});
