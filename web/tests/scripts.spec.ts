/** docs/scripts.md, as it is written: its files are saved, and run as cron would, against the real servers. No browser involved. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { withBench, type Bench, type Member } from "./support/bench";
import { callApi } from "./support/fixtures";
import { webRoot } from "./support/prerequisites";
import type { Signing } from "./support/servers";

const page = readFileSync(path.resolve(webRoot, "../docs/scripts.md"), "utf8");

/** The files that the page tells the reader to save, by their names. */
const files = [...page.matchAll(/Save this as `~\/bin\/([a-z-]+)`[^`]*(?:`[^`\n]*`[^`]*)*?```(?:sh|python)\n([\s\S]*?)```/g)].map(([, name = "", text = ""]) => ({ name, text }));
const crontab = /```crontab\n([\s\S]*?)```/.exec(page)?.[1]?.trim().split("\n") ?? [];

let home: string;
test.beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "taskbridge-scripts-"));
  mkdirSync(path.join(home, "bin"));
  mkdirSync(path.join(home, ".config"));
  for (const { name, text } of files) {
    writeFileSync(path.join(home, "bin", name), text);
    chmodSync(path.join(home, "bin", name), 0o755);
  }
});
test.afterEach(() => rmSync(home, { recursive: true, force: true }));

/** As cron does: with /bin/sh, and next to nothing in the environment. */
function run(command: string) {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], {
    cwd: home,
    encoding: "utf8",
    env: { HOME: home, LOGNAME: "ada", PATH: "/usr/bin:/bin", SHELL: "/bin/sh" } as unknown as NodeJS.ProcessEnv,
  });
  return { status, stdout, stderr };
}

/** The command of a line, with what cron itself makes of a percent sign. */
function commandOf(line: string): string {
  const [, command = ""] = /^(?:[\d*/,-]+\s+){5}(.+)$/.exec(line) ?? [];
  expect(command, line).not.toBe("");
  expect(command, "a percent sign would end the command").not.toContain("%");
  return command;
}

async function start(bench: Bench, signing: Signing): Promise<void> {
  const secret = `scripts-${crypto.randomUUID()}`;
  await bench.web({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing });
  await bench.api(signing === "jwks" ? { JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" } : { BETTER_AUTH_SECRET: secret });
}

async function configure(bench: Bench, member: Member, configId: string): Promise<void> {
  const { key } = (await (await member.post("/api/auth/api-key/create", { name: "cron", configId })).json()) as { key: string };
  writeFileSync(path.join(home, ".config", "taskbridge"), `TASKBRIDGE_WEB=${bench.authUrl}\nTASKBRIDGE_API=${bench.apiUrl}\nTASKBRIDGE_KEY=${key}\n`);
}

test("the page has what this test runs", () => {
  expect(files.map(({ name }) => name)).toEqual(["open-tasks", "add-task"]);
  expect(crontab).toHaveLength(2);
});

for (const signing of ["shared-secret", "jwks"] as const) {
  test(`${signing}: curl, Python and both cron jobs work as written`, () =>
    withBench(async (bench) => {
      await start(bench, signing);
      const ada = await bench.signUp();
      await configure(bench, ada, "read-write");
      const token = String(await ada.token());
      const tasks = `${bench.apiUrl}/api/${ada.userId}/tasks`;
      await callApi(tasks, token, "POST", { title: "Done", completed: true });

      const [morning = "", quarterly = ""] = crontab;
      for (let attempt = 0; attempt < 2; attempt += 1) expect(run(commandOf(morning))).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(await (await callApi(tasks, token)).json()).toMatchObject([{ title: "Water the plants" }, { title: "Done" }]);

      expect(run('"$HOME/bin/add-task" "Read the log"')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Task \d+: Read the log\n$/) });
      const listed = run('"$HOME/bin/open-tasks"');
      expect(listed).toMatchObject({ status: 0, stderr: "" });
      expect((JSON.parse(listed.stdout) as { title: string }[]).map(({ title }) => title).sort()).toEqual(["Read the log", "Water the plants"]);
      expect(run(commandOf(quarterly))).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(readFileSync(path.join(home, "open-tasks.json"), "utf8")).toBe(listed.stdout);
    }));
}

test("a token for reading lists tasks and adds none, and a revoked one does neither; both say why", () =>
  withBench(async (bench) => {
    await start(bench, "shared-secret");
    const ada = await bench.signUp();
    await configure(bench, ada, "read");
    expect(run('"$HOME/bin/open-tasks"')).toEqual({ status: 0, stdout: "[]", stderr: "" });
    const added = run('"$HOME/bin/add-task" "Water the plants"');
    expect(added.status).not.toBe(0);
    expect(added.stderr).toContain("403");

    const { apiKeys } = (await (await ada.get("/api/auth/api-key/list")).json()) as { apiKeys: { id: string }[] };
    expect((await ada.post("/api/auth/api-key/delete", { keyId: apiKeys[0]?.id, configId: "read" })).status).toBe(200);
    for (const command of ['"$HOME/bin/open-tasks"', '"$HOME/bin/add-task" "Water the plants"']) {
      const refused = run(command);
      expect(refused.status, command).not.toBe(0);
      expect(refused.stdout, command).toBe("");
      expect(refused.stderr, command).toContain("401");
    }
  }));
