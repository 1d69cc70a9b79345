/** The web server starts with a sound configuration, again and again, and refuses an unsound one in one sentence. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { apiBinary } from "./support/prerequisites";
import { freePort, launchWeb } from "./support/servers";

/** A sound secret of 32 bytes that begins with this letter. */
const secret = (letter: string) => `${letter}-a-secret-of-the-tests-0123456789`.slice(0, 32);
const sound = { BETTER_AUTH_SECRET: secret("s"), BETTER_AUTH_SECRETS: "", JWT_SIGNING: "", JWT_ALGORITHM: "", MCP: "", MCP_RESOURCE: "" };

let dir: string;
let log: string;
test.beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "taskbridge-startup-"));
  log = path.join(dir, "web.log");
});
test.afterEach(() => rmSync(dir, { recursive: true, force: true }));

const refusals: [what: string, env: Record<string, string>, says: RegExp][] = [
  ["no secret", { BETTER_AUTH_SECRET: "" }, /BETTER_AUTH_SECRET is not set/],
  ["a short secret", { BETTER_AUTH_SECRET: "s".repeat(31) }, /BETTER_AUTH_SECRET must be at least 32 bytes/],
  ["one letter only", { BETTER_AUTH_SECRET: "s".repeat(32) }, /BETTER_AUTH_SECRET must have at least 10 different characters/],
  ["the public default", { BETTER_AUTH_SECRET: "better-auth-secret-12345678901234567890" }, /public development default/],
  ["a quoted secret", { BETTER_AUTH_SECRET: `"${secret("s")}"` }, /quotes around it/],
  ["a short secret in a rotation", { BETTER_AUTH_SECRETS: `2:short,1:${secret("s")}` }, /BETTER_AUTH_SECRETS must be at least 32 bytes/],
  ["a short old secret in a rotation", { BETTER_AUTH_SECRETS: `2:${secret("s")},1:short` }, /Entry 2 of BETTER_AUTH_SECRETS must be at least 32/],
  ["a rotation without versions", { BETTER_AUTH_SECRETS: secret("s") }, /Entry 1 of BETTER_AUTH_SECRETS must be a number, a colon and a secret/],
  ["a rotation with a version twice", { BETTER_AUTH_SECRETS: `1:${secret("s")},1:${secret("t")}` }, /BETTER_AUTH_SECRETS has the version 1 twice/],
  ["an unknown way to sign", { JWT_SIGNING: "HS256" }, /JWT_SIGNING must be shared-secret or jwks/],
  ["an algorithm beside the shared secret", { JWT_ALGORITHM: "ES256" }, /JWT_ALGORITHM is for JWT_SIGNING=jwks only/],
  ["an algorithm the API cannot verify", { JWT_SIGNING: "jwks", JWT_ALGORITHM: "ES512" }, /JWT_ALGORITHM must be one of EdDSA, ES256, RS256, PS256/],
  ["an unknown database", { AUTH_DATABASE_URL: "mysql://user:hush@host/db" }, /AUTH_DATABASE_URL must start with sqlite:\/\/ or postgres:\/\//],
  ["a database that cannot be opened", { AUTH_DATABASE_URL: "sqlite:///no/such/directory/auth.db" }, /AUTH_DATABASE_URL could not be prepared/],
  ["an expiry without a unit", { JWT_EXPIRATION_TIME: "3600" }, /JWT_EXPIRATION_TIME must be a number with a unit/],
  ["a secret in a file that is not there", { BETTER_AUTH_SECRET: "", BETTER_AUTH_SECRET_FILE: "/no/such/file" }, /BETTER_AUTH_SECRET_FILE names \/no\/such\/file, which cannot be read \(ENOENT\)/],
  ["a secret in an empty file", { BETTER_AUTH_SECRET: "", BETTER_AUTH_SECRET_FILE: "/dev/null" }, /BETTER_AUTH_SECRET_FILE names \/dev\/null, which is empty/],
  ["a secret both in a file and in a variable", { BETTER_AUTH_SECRET_FILE: "/dev/null" }, /BETTER_AUTH_SECRET_FILE and BETTER_AUTH_SECRET are both set/],
  ["a proxy without an address", { TRUSTED_PROXIES: "10.0.0.1, nginx" }, /TRUSTED_PROXIES must be addresses or networks .* "nginx"/],
  ["a proxy's network that is too small", { TRUSTED_PROXIES: "10.0.0.0/33" }, /TRUSTED_PROXIES must be addresses or networks/],
  ["an API address without a scheme", { API_URL: "localhost:8000" }, /API_URL must be a full address/],
  ["an unknown mode for assistants", { MCP: "yes" }, /MCP must be on or off, but it is "yes"/],
  ["an endpoint for assistants at another path", { MCP: "on", MCP_RESOURCE: "https://api.example/mcp/" }, /MCP_RESOURCE must be an address with the path \/mcp/],
  ["an endpoint for assistants without TLS", { MCP: "on", MCP_RESOURCE: "http://api.example/mcp" }, /MCP_RESOURCE must be https with MCP=on/],
  ["assistants sent to an app without TLS", { MCP: "on", BETTER_AUTH_URL: "http://app.example" }, /BETTER_AUTH_URL must be https with MCP=on/],
  ["an internal API address without a scheme", { API_INTERNAL_URL: "api:8000" }, /API_INTERNAL_URL must be a full address/],
];

for (const [what, env, says] of refusals) {
  test(`refuses ${what}`, async () => {
    const server = launchWeb(await freePort(), log, { ...sound, AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}`, ...env });
    expect(await server.exited).toBe(1);
    const output = readFileSync(log, "utf8");
    expect(output).toMatch(says);
    expect(output).not.toContain("hush");
    expect(output).not.toContain("    at ");
  });
}

for (const MCP of ["off", "on"]) test(`with MCP=${MCP}, makes its tables at the first start and finds them at the second`, async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { ...sound, BETTER_AUTH_URL: url, AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}`, MCP };
  const ask = (endpoint: string, body: unknown) =>
    fetch(`${url}/api/auth/${endpoint}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: url },
      body: JSON.stringify(body),
    });
  const person = { name: "Ada", email: "ada@example.com", password: "correct horse" };
  for (const endpoint of ["sign-up/email", "sign-in/email"]) {
    const server = launchWeb(port, log, env);
    try {
      await server.answering(`${url}/sign-in`);
      expect((await ask(endpoint, person)).status).toBe(200);
    } finally {
      await server.stop();
    }
  }
  expect(readFileSync(log, "utf8")).not.toMatch(/error|mismatch|warn|different/i);
});

test("refuses a key pair that another secret encrypted, and takes it once that secret is listed", async () => {
  const jwks = { JWT_SIGNING: "jwks", AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}` };
  await outputOf(jwks);
  const other = launchWeb(await freePort(), log, { ...sound, ...jwks, BETTER_AUTH_SECRET: secret("t") });
  expect(await other.exited).toBe(1);
  expect(readFileSync(log, "utf8")).toMatch(/^The web server cannot start: Failed to decrypt private key/m);
  await outputOf({ ...jwks, BETTER_AUTH_SECRETS: `2:${secret("t")},1:${sound.BETTER_AUTH_SECRET}` });
});

/** All that the web server prints from its start until its first answer. */
async function outputOf(env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const server = launchWeb(port, log, { ...sound, BETTER_AUTH_URL: url, AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}`, ...env });
  try {
    await server.answering(`${url}/sign-in`);
  } finally {
    await server.stop();
  }
  return readFileSync(log, "utf8");
}

test("makes its database for this user alone, and names one that is open to others", async () => {
  const file = path.join(dir, "auth.db");
  const mode = () => statSync(file).mode & 0o777;
  // Nothing but the mode that the program asks for closes the file then.
  const umask = process.umask(0);
  try {
    expect(await outputOf({})).not.toContain("chmod");
    expect(mode()).toBe(0o600);
    chmodSync(file, 0o644);
    expect(await outputOf({})).toContain(`Other users of this machine may open ${file} (mode 0644): run chmod 600 ${file}`);
    expect(mode()).toBe(0o644);
  } finally {
    process.umask(umask);
  }
});

test("names the secret that signs and its fingerprint in the words of `taskbridge doctor`, also during a rotation", async () => {
  const rotation = { BETTER_AUTH_SECRETS: ` 2 : ${secret("n")} ,1:${secret("o")}`, BETTER_AUTH_SECRET: secret("l") };
  const output = await outputOf(rotation);
  const [, label, fingerprint] = /^(.*) has the fingerprint ([0-9a-f]{8})$/m.exec(output) ?? [];
  expect(label).toBe("BETTER_AUTH_SECRETS 2");
  expect(output.match(/fingerprint/g)).toHaveLength(1);
  expect(output).not.toMatch(/n{32}|o{32}|l{32}/);

  const doctor = spawnSync(apiBinary, ["doctor", "--json"], { cwd: dir, env: { PATH: process.env.PATH ?? "", ...rotation } as unknown as NodeJS.ProcessEnv, encoding: "utf8" });
  const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; value: string }[] };
  expect(checks.find(({ name }) => name === label)?.value).toContain(`fingerprint ${fingerprint}`);
});

test("says where the keys are when a key pair signs, and nothing about the secret", async () => {
  const output = await outputOf({ JWT_SIGNING: "jwks" });
  expect(output).toMatch(/signed with a key pair: set JWKS_URL=http:\/\/localhost:\d+\/api\/auth\/jwks on the API/);
  expect(output).not.toContain("fingerprint");
});

test("takes its secret and its database from files, as container engines mount them", async () => {
  const files = { BETTER_AUTH_SECRET: sound.BETTER_AUTH_SECRET, AUTH_DATABASE_URL: `sqlite://${path.join(dir, "from-a-file.db")}` };
  for (const [name, value] of Object.entries(files)) writeFileSync(path.join(dir, name), `${value}\n`);
  const given = await outputOf({});
  const read = await outputOf({
    BETTER_AUTH_SECRET: "",
    BETTER_AUTH_SECRET_FILE: path.join(dir, "BETTER_AUTH_SECRET"),
    AUTH_DATABASE_URL: "",
    AUTH_DATABASE_URL_FILE: path.join(dir, "AUTH_DATABASE_URL"),
  });
  const fingerprint = /fingerprint [0-9a-f]{8}/;
  // The log is one file, so the second server's line is the last.
  expect(read.slice(given.length)).toContain(fingerprint.exec(given)![0]);
  expect(existsSync(path.join(dir, "from-a-file.db"))).toBe(true);
});
