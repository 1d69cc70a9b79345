/** Who waits for a session, and who may end the waiting. Without a browser. */
import { expect, test } from "@playwright/test";
import { createRenewal } from "../lib/renewal";

function setUp() {
  const log = { others: 0, told: [] as (string | null)[], signedIn: null as string | null };
  const renewal = createRenewal({ userId: "ada", signedIn: async () => log.signedIn, onOther: () => void (log.others += 1) });
  renewal.subscribe(() => log.told.push(renewal.asked()));
  return { renewal, log };
}

/** Until it has been looked whether there is a session after all. */
const looked = () => new Promise((resolve) => setTimeout(resolve));

test("a late answer to a request from before the session was exchanged asks nobody", async () => {
  const { renewal, log } = setUp();
  log.signedIn = "ada";
  expect(await renewal.ask("ended")).toBe(true);
  expect(log.told).not.toContain("ended");
  expect(renewal.state()).toBe("back");
});

test("all that ask get the same answer, when the same person has signed in", async () => {
  const { renewal, log } = setUp();
  const answers = [renewal.ask("ended"), renewal.ask("ended")];
  await looked();
  expect(renewal.asked()).toBe("ended");
  renewal.accept("ada");
  expect(await Promise.all(answers)).toEqual([true, true]);
  expect(log.told).toEqual([null, "ended", null]);
  expect(log.others).toBe(0);
});

test("somebody else's sign-in answers nobody", async () => {
  const { renewal, log } = setUp();
  let answered = false;
  void renewal.ask("ended").then(() => (answered = true));
  renewal.accept("bob");
  log.signedIn = "bob";
  await renewal.check();
  expect(log.others).toBe(2);
  expect(answered).toBe(false);
  expect(renewal.asked()).toBe("ended");
});

test("a look finds the session of another tab, and without one the question stays", async () => {
  const { renewal, log } = setUp();
  const answer = renewal.ask("ended");
  await renewal.check();
  expect(renewal.asked()).toBe("ended");
  log.signedIn = "ada";
  await renewal.check();
  expect(await answer).toBe(true);
});

test("a session that is only too old is no reason to believe that it is new", async () => {
  const { renewal, log } = setUp();
  const answer = renewal.ask("old");
  log.signedIn = "ada";
  await renewal.check();
  expect(renewal.asked()).toBe("old");
  renewal.dismiss();
  expect(await answer).toBe(false);
});

test("while the page ends its session itself nobody is asked, and afterwards only if there is none", async () => {
  const { renewal, log } = setUp();
  renewal.pause();
  const answer = renewal.ask("ended");
  expect(renewal.asked()).toBe(null);
  log.signedIn = "ada";
  await renewal.resume();
  expect(await answer).toBe(true);
  expect(renewal.asked()).toBe(null);

  renewal.pause();
  log.signedIn = null;
  void renewal.ask("ended");
  await renewal.resume();
  expect(renewal.asked()).toBe("ended");
});

test("while another tab changes the session nobody is asked here, and it says when that is over", async () => {
  const { renewal, log } = setUp();
  renewal.pauseForOther();
  const answer = renewal.ask("ended");
  expect(renewal.asked()).toBe(null);
  // It would be an echo.
  expect(renewal.state()).toBe("back");
  log.signedIn = "ada";
  await renewal.resumeForOther();
  expect(await answer).toBe(true);

  renewal.pauseForOther();
  log.signedIn = null;
  void renewal.ask("ended");
  await renewal.resumeForOther();
  expect(renewal.asked()).toBe("ended");
  expect(renewal.state()).toBe("ended");
});

test("what a tab says of its own session", async () => {
  const { renewal } = setUp();
  expect(renewal.state()).toBe("back");
  renewal.pause();
  expect(renewal.state()).toBe("changing");
  await renewal.resume();
  void renewal.ask("old");
  // That is for this page alone.
  expect(renewal.state()).toBe("back");
  void renewal.ask("ended");
  await looked();
  expect(renewal.state()).toBe("ended");
});
