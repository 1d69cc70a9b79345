/** Names a request, for `Idempotency-Key`. Not `crypto.randomUUID`, which browsers offer on HTTPS and localhost only; people try this on their home network. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
