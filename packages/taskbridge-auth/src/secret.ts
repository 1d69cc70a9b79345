/**
 * The secret that both sides share. The API refuses a weak or quoted one when it starts; here the same rules are said before the
 * first token is refused. Messages name the variable and never show a secret.
 */
import { createHmac } from "node:crypto";
import { BetterAuthError, type AuthContext } from "better-auth";

/** Printed in Better Auth's public source: with it anyone can sign in as any user. In development Better Auth takes it where none is set. */
const PUBLIC_DEFAULT_SECRET = "better-auth-secret-12345678901234567890";
const MAKE_ONE = "make one with: openssl rand -base64 32";

export interface CurrentSecret {
  value: string;
  /** The version while secrets are being rotated, else null. */
  version: string | null;
  /** What the API calls it in its log and in `taskbridge doctor`. */
  label: string;
}

function checkedSecret(name: string, value: string): string {
  if (value === PUBLIC_DEFAULT_SECRET) {
    throw new BetterAuthError(`${name} is not set, or it is Better Auth's public development default; ${MAKE_ONE}, and give the API the same value.`);
  }
  if (value !== value.trim() || /^["'`]|["'`]$/.test(value)) {
    throw new BetterAuthError(`${name} has white space or quotes around it, which the API would not read the same way; remove them.`);
  }
  if (Buffer.byteLength(value, "utf8") < 32) throw new BetterAuthError(`${name} must be at least 32 bytes long; ${MAKE_ONE}`);
  // As in the API: 32 times the same letter is long and still guessed at once.
  if (new Set(value).size < 10) throw new BetterAuthError(`${name} must have at least 10 different characters; ${MAKE_ONE}`);
  return value;
}

/**
 * The secret in the environment: BETTER_AUTH_SECRET or, while secrets are being rotated, the first entry of
 * BETTER_AUTH_SECRETS ("2:new,1:old"), all of which are checked. Throws a `BetterAuthError` of one sentence.
 */
export function currentSecret(): CurrentSecret {
  const rotating = process.env.BETTER_AUTH_SECRETS;
  if (rotating) return rotation(rotating);
  const value = process.env.BETTER_AUTH_SECRET;
  if (!value) throw new BetterAuthError(`BETTER_AUTH_SECRET is not set; ${MAKE_ONE}, and give the API the same value.`);
  return { value: checkedSecret("BETTER_AUTH_SECRET", value), version: null, label: "BETTER_AUTH_SECRET" };
}

/** Reads as Better Auth does, which trims around entries and values, and shows the whole entry where one is wrong. */
function rotation(list: string): CurrentSecret {
  const name = "BETTER_AUTH_SECRETS";
  const secrets = list.split(",").map((entry, index) => {
    const [, digits, value] = /^\s*(\d+)\s*:\s*(.*?)\s*$/s.exec(entry) ?? [];
    if (digits === undefined || value === undefined) {
      throw new BetterAuthError(`Entry ${index + 1} of ${name} must be a number, a colon and a secret: 2:new-secret,1:old-secret`);
    }
    const version = String(Number.parseInt(digits, 10));
    return { version, value: checkedSecret(`Entry ${index + 1} of ${name}`, value), label: `${name} ${version}` };
  });
  const versions = secrets.map(({ version }) => version);
  const repeated = versions.find((version, index) => versions.indexOf(version) !== index);
  if (repeated) throw new BetterAuthError(`${name} has the version ${repeated} twice; give the new secret a number of its own.`);
  return secrets[0]!;
}

/** The secret that Better Auth works with, wherever it has it from: the environment, or `secret` and `secrets` of its options. */
export function secretOf({ secretConfig }: AuthContext): CurrentSecret {
  if (typeof secretConfig === "string") {
    return { value: checkedSecret("BETTER_AUTH_SECRET", secretConfig), version: null, label: "BETTER_AUTH_SECRET" };
  }
  const version = String(secretConfig.currentVersion);
  const label = `BETTER_AUTH_SECRETS ${version}`;
  return { value: checkedSecret(label, secretConfig.keys.get(secretConfig.currentVersion) ?? ""), version, label };
}

/** A short mark of the secret. The API prints the same one, so that two different secrets are told apart without showing either. */
export function secretFingerprint({ value }: CurrentSecret): string {
  return createHmac("sha256", value).update("taskbridge/secret-fingerprint/v1").digest("hex").slice(0, 8);
}
