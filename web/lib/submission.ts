/**
 * The `Idempotency-Key` of a form: the same for every attempt to send the same content, a new one for
 * other content and after success. A second press after a lost answer thus makes no second task, and
 * two equal tasks made on purpose are two.
 */
import { randomKey } from "taskbridge-auth/client";

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
