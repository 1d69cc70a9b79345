/** What a stranger may send to Better Auth before anything is known of them. No browser involved. */
import { expect, test } from "./support/fixtures";

const CHUNK = new TextEncoder().encode("x".repeat(64 * 1024));
/** Far more than may be kept, and little enough for a test that fails. */
const CHUNKS = 1600;

test("a body that does not end is refused long before it has been read", async ({ stack }) => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === CHUNKS) return controller.close();
      sent += 1;
      controller.enqueue(CHUNK);
    },
  });
  const init = { method: "POST", headers: { "Content-Type": "application/json", Origin: stack.webUrl }, body, duplex: "half" };
  const response = await fetch(`${stack.webUrl}/api/auth/sign-in/email`, init as RequestInit);
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ code: "BODY_TOO_LARGE" });
  // What the sockets on both sides have room for, at most.
  expect(sent).toBeLessThan(CHUNKS / 2);
});

test("a body with a declared length is refused above 64 KiB and read up to there", async ({ stack }) => {
  const statusOf = async (bytes: number) => {
    const empty = JSON.stringify({ email: "ada@example.com", password: "" }).length;
    const body = JSON.stringify({ email: "ada@example.com", password: "x".repeat(bytes - empty) });
    const headers = { "Content-Type": "application/json", Origin: stack.webUrl };
    return (await fetch(`${stack.webUrl}/api/auth/sign-in/email`, { method: "POST", headers, body })).status;
  };
  // Better Auth's own answer to a password that is too long.
  expect(await statusOf(64 * 1024)).not.toBe(413);
  expect(await statusOf(64 * 1024 + 1)).toBe(413);
});

test("of a body that is sent to a page no more than 64 KiB is kept", async ({ stack }) => {
  await fetch(`${stack.webUrl}/sign-in`, { method: "POST", body: "x".repeat(100 * 1024) });
  await expect.poll(() => stack.logs().web).toContain("Request body exceeded 64KB for /sign-in");
});
