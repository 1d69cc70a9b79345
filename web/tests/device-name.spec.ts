/** Devices in words, from what browsers and scripts send. */
import { expect, test } from "@playwright/test";
import { deviceName } from "../lib/device-name";

const names: [userAgent: string | null, name: string | RegExp][] = [
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Microsoft Edge on Windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari on macOS"],
  ["Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36", /on Linux$/],
  ["curl/8.5.0", "curl"],
  ["", "Unknown device"],
  [null, "Unknown device"],
];

for (const [userAgent, name] of names) {
  test(`${userAgent === "" ? "an empty text" : userAgent} is ${name}`, () => {
    if (typeof name === "string") expect(deviceName(userAgent)).toBe(name);
    else expect(deviceName(userAgent)).toMatch(name);
  });
}

test("whatever a script calls itself, it is a short name", () => {
  for (const userAgent of ["x".repeat(5_000), "<script>alert(1)</script>", "\u0000", "()".repeat(1_000)]) {
    expect(deviceName(userAgent).length).toBeLessThanOrEqual(60);
    expect(deviceName(userAgent)).not.toBe("");
  }
});
