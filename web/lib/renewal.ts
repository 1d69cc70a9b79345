/**
 * When a page has no session any more, what needs one waits here until there is one again: nothing that was typed or
 * begun is lost. It may come from the dialog of this page, or from another tab.
 */
import type { SessionState } from "./tab-share";

const LONGEST_PAUSE_MS = 15_000;

/** `ended`: there is no session. `old`: there is one, but it began too long ago for what is asked. */
export type RenewalReason = "ended" | "old";

export interface RenewalOptions {
  /** Whose page this is. */
  userId: string;
  /** The id of the user who is signed in now, in whatever tab. */
  signedIn: () => Promise<string | null>;
  /** Another user is signed in now: nothing of this page may go on. */
  onOther: () => void;
}

export type Renewal = ReturnType<typeof createRenewal>;

export function createRenewal({ userId, signedIn, onOther }: RenewalOptions) {
  const listeners = new Set<() => void>();
  let asked: RenewalReason | null = null;
  /** That the session has ended may be the late answer to a request from before it was exchanged for another one. */
  let confirmed = false;
  /** This page, or another tab, is ending the session or exchanging it for another one. */
  const paused = { here: false, elsewhere: false };
  let giveUp: ReturnType<typeof setTimeout> | undefined;
  let answer = (_renewed: boolean) => {};
  let answered = Promise.resolve(false);

  function tell(): void {
    for (const listener of listeners) listener();
  }

  function set(reason: RenewalReason | null): void {
    asked = reason;
    confirmed = false;
    tell();
    // Asked meanwhile with the cookie of the old session, Better Auth would clear that of the new one.
    if (reason === "ended" && !isPaused()) void confirm();
  }

  async function confirm(): Promise<void> {
    const question = answered;
    await check();
    // There may be another one by now.
    if (question !== answered || asked !== "ended") return;
    confirmed = true;
    tell();
  }

  function finish(renewed: boolean): void {
    if (asked === null) return;
    answer(renewed);
    set(null);
  }

  /** This user has signed in. */
  function accept(user: string): void {
    if (user === userId) finish(true);
    else onOther();
  }

  /** Looks whether there is a session by now, such as after signing in in another tab. */
  async function check(): Promise<void> {
    if (asked !== "ended") return;
    const user = await signedIn();
    if (user !== null) accept(user);
  }

  async function resumeForOther(): Promise<void> {
    clearTimeout(giveUp);
    await goOn("elsewhere");
  }

  const isPaused = (): boolean => paused.here || paused.elsewhere;

  async function goOn(where: keyof typeof paused): Promise<void> {
    await confirm();
    paused[where] = false;
    tell();
    // What was asked in between has not been confirmed.
    if (asked === "ended" && !confirmed && !isPaused()) void confirm();
  }

  return {
    accept,
    check,
    /** Resolves with true when there is a session again. All that ask meanwhile get the same answer. */
    ask(reason: RenewalReason): Promise<boolean> {
      if (asked === null) {
        answered = new Promise((resolve) => (answer = resolve));
        set(reason);
      } else if (asked === "old" && reason === "ended") set(reason);
      return answered;
    },
    /** Without a session nothing goes on, so this is only for `old`. */
    dismiss: (): void => finish(false),
    /** While this page itself ends its session, or exchanges it for another one, the person is not asked. */
    pause(): void {
      paused.here = true;
      tell();
    },
    resume: (): Promise<void> => goOn("here"),
    /** The same while another tab does so, which may be closed meanwhile. */
    pauseForOther(): void {
      paused.elsewhere = true;
      clearTimeout(giveUp);
      giveUp = setTimeout(() => void resumeForOther(), LONGEST_PAUSE_MS);
      tell();
    },
    resumeForOther,
    isPaused,
    /** What to ask the person for at present. */
    asked: (): RenewalReason | null => (isPaused() || (asked === "ended" && !confirmed) ? null : asked),
    /** What other tabs should know. */
    state(): SessionState {
      if (paused.here) return "changing";
      return asked === "ended" && confirmed && !paused.elsewhere ? "ended" : "back";
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
