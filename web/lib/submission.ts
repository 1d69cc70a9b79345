/**
 * The `Idempotency-Key` of a form: the same for every attempt to send the same content, a new one for
 * other content and after success. A second press after a lost answer thus makes no second task, and
 * two equal tasks made on purpose are two.
 */
export function createSubmission() {
  let current: { content: string; key: string } | null = null;
  return {
    keyFor(body: unknown): string {
      const content = JSON.stringify(body);
      if (current?.content !== content) current = { content, key: randomKey() };
      return current.key;
    },
    succeeded(): void {
      current = null;
    },
  };
}

/** Not `crypto.randomUUID`, which browsers offer on HTTPS and localhost only; people try this on their home network. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
