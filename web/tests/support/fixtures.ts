/** What the tests share: the running servers, people with browsers of their own, and requests made as somebody. */
import { expect, test as base, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { logTail, startStack, type Signing, type Stack, type StackOptions } from "./servers";

export interface Person {
  name: string;
  email: string;
  password: string;
}

export interface SignedInPerson extends Person {
  page: Page;
  context: BrowserContext;
}

let serial = 0;
/** Every stack this worker has started, whose logs are worth reading when a test fails. */
const running = new Set<Stack>();

export async function runStack(options: StackOptions, use: (stack: Stack) => Promise<void>): Promise<void> {
  const stack = await startStack(options);
  running.add(stack);
  try {
    await use(stack);
  } catch (error) {
    console.log(logTail(stack));
    throw error;
  } finally {
    running.delete(stack);
    await stack.stop();
  }
}

/** Unique on each call, so that tests neither collide nor depend on their order. */
export function newPerson(name: string): Person {
  serial += 1;
  return { name, email: `${name.toLowerCase()}-${process.pid}-${serial}@example.com`, password: `correct horse ${serial}` };
}

export interface WorkerOptions {
  /** Set per project: the same tests, with tokens signed the one way and the other. */
  signing: Signing;
}

interface WorkerFixtures extends WorkerOptions {
  stack: Stack;
  /** Tokens that live for three seconds and an API without leeway, to see them expire. */
  shortLivedStack: Stack;
}

interface TestFixtures {
  logsOnFailure: void;
  /** Signs somebody up in a browser context of their own. */
  signUp: (name: string) => Promise<SignedInPerson>;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  signing: ["shared-secret", { scope: "worker", option: true }],
  stack: [
    async ({ signing }, use) => runStack({ signing }, use),
    { scope: "worker", timeout: 60_000 },
  ],
  shortLivedStack: [
    async ({ signing }, use) => runStack({ signing, tokenLifetime: "3s", leewaySeconds: 0 }, use),
    { scope: "worker", timeout: 60_000 },
  ],
  logsOnFailure: [
    async ({}, use, testInfo) => {
      await use();
      if (testInfo.status === testInfo.expectedStatus) return;
      for (const stack of running) console.log(logTail(stack));
    },
    { auto: true },
  ],
  signUp: async ({ browser, stack }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (name) => {
      const person = await signUpIn(browser, stack.webUrl, name);
      contexts.push(person.context);
      return person;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };

export async function signUpIn(browser: Browser, webUrl: string, name: string): Promise<SignedInPerson> {
  const context = await browser.newContext({ baseURL: webUrl });
  const page = await context.newPage();
  const person = newPerson(name);
  await page.goto("/sign-up");
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  return { ...person, page, context };
}

export async function fillSignUp(page: Page, { name, email, password }: Person): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
}

export async function fillSignIn(page: Page, { email, password }: Pick<Person, "email" | "password">): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export const newTaskForm = (page: Page) => page.getByRole("form", { name: "New task" });
export const taskItem = (page: Page, title: string) => page.getByRole("listitem").filter({ hasText: title });

export async function addTask(page: Page, title: string, description = ""): Promise<void> {
  await newTaskForm(page).getByLabel("Title").fill(title);
  await newTaskForm(page).getByLabel("Description").fill(description);
  await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
  await expect(taskItem(page, title)).toBeVisible();
}

/** A fresh token of whoever is signed in on this page, collected the way the app does. */
export async function tokenOf(page: Page): Promise<{ token: string; userId: string }> {
  const response = await page.request.get("/api/auth/token");
  expect(response.status()).toBe(200);
  const { token } = (await response.json()) as { token: string };
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string };
  return { token, userId: claims.sub };
}

/** A request to the API from outside the browser, so that nothing but the API can refuse it. */
export function callApi(url: string, token: string | null, method = "GET", body?: unknown): Promise<Response> {
  return fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
}
