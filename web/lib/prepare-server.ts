/**
 * Start-up: check the configuration and prepare the database, or stop with one clear sentence.
 *
 * Importing `lib/auth` does both. Without this step that would happen at the first request, and an
 * error would leave Next.js running and answering 500 to everything.
 */
import { currentSecret } from "taskbridge-auth";
import { apiInternalUrl, ConfigError, mcpResource } from "./env";
import { readSecretFiles } from "./secret-files";

export async function prepareServer(): Promise<void> {
  try {
    readSecretFiles();
    // Reads API_URL as well.
    apiInternalUrl();
    // Needed however tokens are signed: it also signs the session cookie and encrypts private keys.
    currentSecret();
    askNoResolver();
    await import("./auth");
    const resource = mcpResource();
    if (resource) console.info(`Assistants can be given access to ${resource}: set MCP=on and the same MCP_RESOURCE on the API`);
  } catch (error) {
    console.error(`The web server cannot start: ${explain(error)}`);
    process.exit(1);
  }
}

/**
 * libsql's loader asks Node for a process report to tell glibc from musl, and Node resolves the address of every
 * socket for it, this server's included. Where DNS does not answer, that takes 10 to 20 s in which nothing else is done.
 */
function askNoResolver(): void {
  // Known to Node since 20.13 and 22.0, and not yet to the types for Node 20.
  if (process.report) Object.assign(process.report, { excludeNetwork: true });
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  // Such as a weak secret, or a private key that another secret encrypted.
  if (error instanceof Error && error.name === "BetterAuthError") return error.message;
  // A refused connection arrives as an AggregateError without a message of its own.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return `the database at AUTH_DATABASE_URL could not be prepared: ${cause instanceof Error ? cause.message : String(cause)}`;
}
