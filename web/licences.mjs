/**
 * Prints the licences of every npm package that the web app is made of, for its image. Ends with 1 when a package is under
 * a licence that is not in the list below, or says none.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

// Each asks only that its text is passed on. CC-BY-4.0 is of data about browsers.
const allowed = ["MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "0BSD", "CC-BY-4.0"];
// Next.js does not bring it to a build without pictures to scale (next.config.ts).
const leftOut = /^node_modules\/(sharp|@img\/.*)$/;

const root = path.join(import.meta.dirname, "..");
const modules = path.join(root, "node_modules");
/** @param {...string} parts */
const read = (...parts) => readFileSync(path.join(...parts), "utf8").replaceAll("\r\n", "\n").trim();
/** @param {string} name */
const isLicence = (name) => /^(licen[cs]e|copying|notice)/i.test(name);

/**
 * The texts in a folder.
 * @param {string} folder
 */
function texts(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isLicence(entry.name))
    .map((entry) => read(folder, entry.name));
}

/** The packages of the lock file that the app needs when it runs, and that this machine has. */
function packages() {
  const { packages: all } = JSON.parse(read(root, "package-lock.json"));
  return Object.entries(all)
    // The others are the workspaces, which are ours.
    .filter(([place, entry]) => place.includes("node_modules/") && !entry.link && !entry.dev && !leftOut.test(place))
    .map(([place]) => path.join(root, place))
    .filter((folder) => existsSync(folder))
    .map((folder) => ({ folder, ...JSON.parse(read(folder, "package.json")) }));
}

/** What Next.js has compiled into itself, which no lock file names. */
function compiled() {
  const place = path.join(modules, "next", "dist", "compiled");
  const folders = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && isLicence(entry.name));
  return folders.map((entry) => ({ name: path.relative(place, entry.parentPath), text: read(entry.parentPath, entry.name) }));
}

const faults = [];
const parts = [];
const found = packages();
if (found.length < 20) faults.push(`Only ${found.length} packages are installed. Run npm ci first.`);
for (const { folder, name, version, license } of found) {
  const alternatives = String(license).replace(/[()]/g, "").split(" OR ");
  if (!alternatives.some((one) => one.split(" AND ").every((it) => allowed.includes(it)))) {
    faults.push(`${name} ${version} is under ${license}, which web/licences.mjs does not allow.`);
  }
  parts.push([`${name} ${version}: ${license}`, ...texts(folder)].join("\n\n"));
}
for (const { name, text } of compiled()) parts.push(`In Next.js: ${name}\n\n${text}`);

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
const rule = "=".repeat(100);
console.log([`The npm packages of the Taskbridge web app, and their licences.`, ...parts].join(`\n\n${rule}\n\n`));
