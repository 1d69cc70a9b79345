/** An app that is made from nothing but a section of the README and the packed tarball, in a folder outside the repository. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot, recipeOf } from "./readme";

interface Package {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
const web = JSON.parse(readFileSync(path.join(packageRoot, "../../web/package.json"), "utf8")) as Package;

/** What the README leaves to npm is held here to versions that are known to work together. */
export const PINNED: Record<string, string> = { ...web.devDependencies, ...web.dependencies, "@hono/node-server": "2.1.9", hono: "4.13.19", vite: "8.3.8" };

export interface Addresses {
  web: number;
  api: number;
  secret: string;
}

export interface FreshApp {
  folder: string;
  /** The last command of the README, which starts the app. */
  start: string;
  remove: () => void;
}

function tarball(): string {
  const file = process.env.TASKBRIDGE_AUTH_TARBALL;
  if (!file) throw new Error("Run scripts/test-package, which packs the package first.");
  return path.resolve(file);
}

/** `template` is what a person has before the first line of the README: a command that makes the folder `app`. */
export function makeApp(heading: string, addresses: Addresses, template = "mkdir app"): FreshApp {
  const parent = mkdtempSync(path.join(tmpdir(), "taskbridge-fresh-"));
  const folder = path.join(parent, "app");
  const remove = () => rmSync(parent, { recursive: true, force: true });
  const { commands, files } = recipeOf(heading);
  try {
    run(template, parent);
    const rest = commands.filter((command) => !install(command, folder));
    for (const [name, content] of files) write(path.join(folder, name), at(addresses, content));
    for (const command of rest.slice(0, -1)) run(command, folder);
    return { folder, start: rest.at(-1) ?? "", remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The README's text for other ports, and with a secret in place of the words for it. */
function at({ web, api, secret }: Addresses, content: string): string {
  const ports = content.replaceAll("localhost:3000", `localhost:${web}`).replaceAll("localhost:8000", `localhost:${api}`);
  return ports.replace("PORT=3000", `PORT=${web}`).replace("BETTER_AUTH_SECRET=the secret", `BETTER_AUTH_SECRET=${secret}`);
}

function write(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function run(command: string, folder: string): void {
  try {
    execFileSync("bash", ["-c", command], { cwd: folder, env: cleanEnvironment(), encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} failed in ${folder}:\n${stdout}${stderr}`);
  }
}

/** Tells whether the command belongs to the installation, and then has run it. */
function install(command: string, folder: string): boolean {
  const [npm, verb, ...names] = command.split(" ");
  if (npm !== "npm") return false;
  if (verb !== "install") {
    run(command, folder);
    return true;
  }
  const pinned = names.map((name) => (name === "taskbridge-auth" ? tarball() : `${name}@${PINNED[name] ?? unknown(name)}`));
  run(`npm install --save-exact --prefer-offline --no-audit --no-fund --loglevel=error ${pinned.join(" ")}`, folder);
  return true;
}

function unknown(name: string): never {
  throw new Error(`The README installs ${name}, for which no version is pinned in fresh-app.ts.`);
}

/** Without what the caller, npm and the test runner have set: none of it is in the README. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|USER|LANG|TMPDIR|http_proxy|https_proxy|no_proxy|HTTP_PROXY|HTTPS_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$|^npm_config_/;
  const variables = Object.entries(process.env).filter(([name]) => kept.test(name));
  return { ...(Object.fromEntries(variables) as NodeJS.ProcessEnv), NEXT_TELEMETRY_DISABLED: "1" };
}
