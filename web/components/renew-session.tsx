"use client";

/** Asks for the password when the session has ended while the page is in use. The page stays as it is, out of sight, and goes on. */
import { useEffect, useState, useSyncExternalStore, type FormEvent } from "react";
import { signInAgain } from "../lib/account-client";
import { asProblem, missing } from "../lib/form-problem";
import type { Renewal, RenewalReason } from "../lib/renewal";
import { Field } from "./field";
import { Modal } from "./modal";
import { ProblemNote } from "./problem-note";
import { useFormProblem } from "./use-form-problem";

const words: Record<RenewalReason, { title: string; text: string; leave: string }> = {
  ended: {
    title: "Your session has ended",
    text: "It has expired, or you were signed out elsewhere. Sign in again to go on; what you have typed is still here.",
    leave: "Go to the sign-in page",
  },
  old: {
    title: "Is it still you?",
    text: "You signed in a while ago. Please enter your password once more to see and change where you are signed in.",
    leave: "Not now",
  },
};

interface Props {
  renewal: Renewal;
  email: string;
  /** To the sign-in page, where another user may sign in. */
  onLeave: () => void;
}

export function RenewSession({ renewal, ...props }: Props) {
  const reason = useSyncExternalStore(renewal.subscribe, renewal.asked, () => null);
  return reason && <RenewalDialog key={reason} reason={reason} renewal={renewal} {...props} />;
}

function RenewalDialog({ reason, renewal, email, onLeave }: Props & { reason: RenewalReason }) {
  const { form, problem, setProblem, errorAt } = useFormProblem<"password">();
  const [pending, setPending] = useState(false);
  const { title, text, leave } = words[reason];

  const atPassword = errorAt("password");

  useEffect(() => {
    // Another tab, which is in front while this one waits, may be where the person has signed in.
    const look = () => void renewal.check();
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [renewal]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    if (password === "") return setProblem(missing("password", "Please enter your password."));
    setPending(true);
    setProblem(null);
    try {
      renewal.accept(await signInAgain(email, password));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <Modal title={title} onDismiss={() => reason === "old" && renewal.dismiss()} className="renewal">
      <p>{text}</p>
      <form ref={form} method="post" aria-label={title} noValidate onSubmit={onSubmit}>
        <Field id="renew-email" name="email" label="E-mail" type="email" autoComplete="username" value={email} readOnly />
        <Field
          id="renew-password"
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          error={atPassword}
          required
          data-first
        />
        <div role="alert">{problem && !atPassword && <ProblemNote problem={problem} />}</div>
        <div className="actions">
          <button type="submit" className="primary" aria-disabled={pending}>
            {pending ? "One moment…" : "Sign in"}
          </button>
          <button type="button" onClick={reason === "old" ? renewal.dismiss : onLeave}>
            {leave}
          </button>
        </div>
      </form>
    </Modal>
  );
}
