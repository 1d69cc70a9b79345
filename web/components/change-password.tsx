"use client";

/** A new password, after the present one. */
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { AccountClient } from "../lib/account-client";
import { asProblem, missing } from "../lib/form-problem";
import { DEVICES } from "./device-list";
import { Field } from "./field";
import { ProblemNote } from "./problem-note";
import { useFormProblem } from "./use-form-problem";
import type { Notices } from "./use-notices";

export function ChangePassword({ account, notices, email }: { account: AccountClient; notices: Notices; email: string }) {
  const client = useQueryClient();
  const { form, problem, setProblem, errorAt } = useFormProblem<"currentPassword" | "newPassword">();
  const [pending, setPending] = useState(false);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const element = event.currentTarget;
    const data = new FormData(element);
    const text = (name: string) => String(data.get(name) ?? "");
    if (text("currentPassword") === "") return setProblem(missing("currentPassword", "Please enter your password."));
    if (text("newPassword") === "") return setProblem(missing("newPassword", "Please enter a new password."));
    const others = data.has("others");
    setPending(true);
    setProblem(null);
    notices.report(null);
    try {
      await account.changePassword(text("currentPassword"), text("newPassword"), others);
      element.reset();
      notices.announce(others ? "Changed your password and signed out everywhere else." : "Changed your password.");
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
      await client.invalidateQueries({ queryKey: DEVICES });
    }
  }

  return (
    <section className="card account-section" aria-labelledby="password-heading">
      <h2 id="password-heading">Password</h2>
      <form ref={form} method="post" aria-labelledby="password-heading" noValidate onSubmit={onSubmit}>
        {/* For password managers, which would otherwise not know whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <Field
          id="current-password"
          name="currentPassword"
          label="Current password"
          type="password"
          autoComplete="current-password"
          error={errorAt("currentPassword")}
          required
        />
        <Field
          id="new-password"
          name="newPassword"
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 8 characters."
          error={errorAt("newPassword")}
          required
        />
        <label className="tick">
          <input type="checkbox" name="others" defaultChecked />
          Sign out everywhere else
        </label>
        <div role="alert">{problem && problem.errors.length === 0 && <ProblemNote problem={problem} />}</div>
        <div className="actions">
          <button type="submit" className="primary" aria-disabled={pending}>
            {pending ? "Changing…" : "Change password"}
          </button>
        </div>
      </form>
    </section>
  );
}
