/**
 * Runs a web server where the resolver takes every query and never answers, and prints the names that were asked for until the
 * server gave its first answer. In namespaces of its own, which `unshare --mount --net` makes:
 *
 *     node tests/support/silent-dns.mjs RESOLV_CONF URL COMMAND ARGUMENT...
 */
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const [resolvConf = "", url = "", command = "", ...args] = process.argv.slice(2);
execFileSync("mount", ["--bind", resolvConf, "/etc/resolv.conf"]);
// Where Debian puts it is not on every user's path.
execFileSync("ip", ["link", "set", "lo", "up"], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });

/** @type {string[]} */
const asked = [];
const resolver = createSocket("udp4", (message) => void asked.push(nameIn(message)));
await once(resolver.bind(53, "127.0.0.1"), "listening");

/** @type {import("node:child_process").ChildProcess} */
const server = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
const ended = once(server, "exit");
// With the first query it is clear how this ends; the answer would take 5 s per query.
while (asked.length === 0 && server.exitCode === null) {
  if (await fetch(url).then((response) => response.ok, () => false)) break;
  await sleep(100);
}
console.log(JSON.stringify({ asked, exitCode: server.exitCode }));
resolver.close();
server.kill("SIGKILL");
await ended;

/** The name in the question of a DNS message, RFC 1035, 4.1.2. @param {Buffer} message */
function nameIn(message) {
  const labels = [];
  for (let rest = message.subarray(12); rest[0]; rest = rest.subarray(1 + rest[0])) labels.push(rest.toString("latin1", 1, 1 + rest[0]));
  return labels.join(".");
}
