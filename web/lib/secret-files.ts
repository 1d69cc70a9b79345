/**
 * Secrets that container engines mount as files: `BETTER_AUTH_SECRET_FILE=/run/secrets/…` stands for
 * BETTER_AUTH_SECRET with the content of that file. The API follows the same rules.
 *
 * The values go into the environment of this process, because Better Auth looks there itself.
 */
import { readFileSync } from "node:fs";
import { ConfigError } from "./env";

const FROM_FILES = ["BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "AUTH_DATABASE_URL"];

/** Call it once, before anything reads the environment. */
export function readSecretFiles(): void {
  for (const name of FROM_FILES) {
    const variable = `${name}_FILE`;
    const file = process.env[variable];
    if (!file) continue;
    if (process.env[name]) throw new ConfigError(`${variable} and ${name} are both set: remove one.`);
    const value = contentOf(variable, file);
    if (!value) throw new ConfigError(`${variable} names ${file}, which is empty.`);
    process.env[name] = value;
  }
}

function contentOf(variable: string, file: string): string {
  try {
    // Editors and `echo` end a file with a line break that is not part of the value.
    return readFileSync(file, "utf8").replace(/[\r\n]+$/, "");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new ConfigError(`${variable} names ${file}, which cannot be read (${why}).`);
  }
}
