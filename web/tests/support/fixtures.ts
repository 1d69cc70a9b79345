/** What the tests share: the running servers, people with browsers of their own, and requests made as somebody. */
import { expect, test as base, type Browser, type BrowserContext, type Locator, type Page } from "@playwright/test";
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

const violations: string[] = [];

/** Chromium says on the console what a policy forbade. */
function watchPolicy(context: BrowserContext): void {
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(`${message.page()?.url()}: ${message.text()}`);
  });
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
  /** For tests that attack a page: what the policy forbids them is no failure. */
  attacks: boolean;
  /** What the browsers have reported against the Content-Security-Policy. Any of it fails a test that does not attack. */
  violations: string[];
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
  attacks: [false, { option: true }],
  violations: [
    async ({ context, attacks }, use) => {
      violations.length = 0;
      watchPolicy(context);
      await use(violations);
      if (!attacks) expect(violations).toEqual([]);
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
  watchPolicy(context);
  const page = await context.newPage();
  const person = newPerson(name);
  await page.goto("/sign-up");
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  // From here on nothing happens unless somebody does it.
  await expect(page.locator(".connection")).toHaveText("Up to date");
  return { ...person, page, context };
}

/** The same person in a browser of its own. Not a second tab: those draw, and so react to a click, once a second. */
export async function secondWindow(page: Page): Promise<Page> {
  const storageState = await page.context().storageState();
  const context = await page.context().browser()?.newContext({ baseURL: new URL(page.url()).origin, storageState });
  if (!context) throw new Error("The browser is gone.");
  watchPolicy(context);
  page.once("close", () => void context.close());
  const other = await context.newPage();
  await other.goto("/");
  return other;
}

/** The same person, signed in on another device. */
export async function signInOn({ page, email, password }: SignedInPerson, userAgent: string, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await page.context().browser()!.newContext({ baseURL: new URL(page.url()).origin, userAgent });
  watchPolicy(context);
  try {
    const other = await context.newPage();
    await other.goto("/sign-in");
    await fillSignIn(other, { email, password });
    await expect(other.locator(".connection")).toHaveText("Up to date");
    await use(other);
  } finally {
    await context.close();
  }
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

export const editForm = (page: Page, title: string) => page.getByRole("form", { name: `Edit ${title}` });

export interface Details {
  description?: string;
  priority?: "High" | "Medium" | "Low";
  due?: string;
  tags?: string[];
}

export async function addTask(page: Page, title: string, details: Details = {}): Promise<void> {
  const form = newTaskForm(page);
  await form.getByLabel("Title").fill(title);
  if (Object.keys(details).length > 0) {
    await openDetails(page);
    await fillDetails(form, details);
  }
  await form.getByRole("button", { name: "Add task" }).click();
  await expect(taskItem(page, title)).toBeVisible();
}

/** Changes a task in its form, and does not wait for what becomes of it. */
export async function editTask(page: Page, title: string, change: { title?: string; description?: string }): Promise<void> {
  await page.getByRole("button", { name: `Edit ${title}` }).click();
  const form = editForm(page, title);
  if (change.title !== undefined) await form.getByLabel("Title").fill(change.title);
  if (change.description !== undefined) await form.getByLabel("Description").fill(change.description);
  await form.getByRole("button", { name: "Save" }).click();
}

export async function openDetails(page: Page): Promise<void> {
  const button = newTaskForm(page).getByRole("button", { name: "More details" });
  if (await button.isVisible()) await button.click();
}

/** In the form for a new task or in that for an old one. */
export async function fillDetails(form: Locator, { description, priority, due, tags = [] }: Details): Promise<void> {
  if (description !== undefined) await form.getByLabel("Description").fill(description);
  if (priority !== undefined) await form.getByLabel("Priority").selectOption(priority);
  if (due !== undefined) await form.getByLabel("Due date").fill(due);
  for (const tag of tags) {
    await form.getByRole("textbox", { name: "Tags" }).fill(tag);
    await form.getByRole("textbox", { name: "Tags" }).press("Enter");
  }
}

/** Tasks made by the API itself, the first one first, for tests that are not about making them. The page is not told. */
export async function seedTasks(page: Page, apiUrl: string, tasks: Record<string, unknown>[]): Promise<void> {
  const { token, userId } = await tokenOf(page);
  for (const task of tasks) expect((await callApi(`${apiUrl}/api/${userId}/tasks`, token, "POST", task)).status).toBe(201);
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

/** For a window that is to see nothing of what others do: its stream never begins. */
export const withoutStream = (page: Page) => page.route("**/events", () => {});
