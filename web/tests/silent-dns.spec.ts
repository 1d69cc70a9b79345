/** The web server starts at once where DNS does not answer: nothing that it does before its first answer resolves a name. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { webRoot } from "./support/prerequisites";

const NO_NAMESPACES = `This test needs unshare, mount and ip (on Debian: apt-get install util-linux mount iproute2) and to be root, or a kernel \
that lets users have namespaces (sysctl kernel.unprivileged_userns_clone=1); it is never skipped.`;

// The addresses of its sockets are what a process report asks DNS about. The image listens on 0.0.0.0, `make run` on :: as well.
for (const where of [["-H", "0.0.0.0"], []]) {
  test(`no name is asked for with ${where.join(" ") || "the default address"}`, () => {
    const dir = mkdtempSync(path.join(tmpdir(), "taskbridge-silent-dns-"));
    try {
      const resolvConf = path.join(dir, "resolv.conf");
      writeFileSync(resolvConf, "nameserver 127.0.0.1\n");
      const root = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
      const next = [process.execPath, path.join(webRoot, "..", "node_modules", "next", "dist", "bin", "next"), "start", ...where, "-p", "3000"];
      const helper = [process.execPath, "tests/support/silent-dns.mjs", resolvConf, "http://127.0.0.1:3000/sign-in", ...next];
      const env = {
        ...process.env,
        NEXT_TELEMETRY_DISABLED: "1",
        NODE_OPTIONS: "",
        AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}`,
        BETTER_AUTH_SECRET: "abcdefghijklmnopqrstuvwxyz012345",
        BETTER_AUTH_SECRETS: "",
        JWT_SIGNING: "",
        JWT_ALGORITHM: "",
      };
      const run = spawnSync("unshare", [...root, "--mount", "--net", ...helper], { cwd: webRoot, env, encoding: "utf8", timeout: 50_000 });
      expect(run.status, `${run.stderr}\n${NO_NAMESPACES}`).toBe(0);
      expect(JSON.parse(run.stdout)).toEqual({ asked: [], exitCode: null });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
