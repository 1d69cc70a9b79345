"use client";

/** Makes a personal access token, and shows it once: only its hash is kept. */
import { useState, type FormEvent } from "react";
import type { AccountClient } from "../lib/account-client";
import { asProblem, missing } from "../lib/form-problem";
import { ACCESSES, DEFAULT_DAYS, MAX_DAYS } from "../lib/token-access";
import { Field } from "./field";
import { ProblemNote } from "./problem-note";
import { useFormProblem } from "./use-form-problem";

const ENDS = [7, 30, DEFAULT_DAYS, MAX_DAYS];

export function NewToken({ account, onMade }: { account: AccountClient; onMade: () => void }) {
  const { form, problem, setProblem, errorAt } = useFormProblem<"name">();
  const [pending, setPending] = useState(false);
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  const errorAtName = errorAt("name");

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const element = event.currentTarget;
    const data = new FormData(element);
    const name = String(data.get("name") ?? "").trim();
    const access = ACCESSES.find(({ id }) => id === data.get("access")) ?? ACCESSES[0];
    if (name === "") return setProblem(missing("name", "Please enter a name, such as what the token is for."));
    setPending(true);
    setProblem(null);
    try {
      setMade({ name, secret: await account.createToken(name, access, Number(data.get("days"))) });
      element.reset();
      onMade();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <>
      <div role="status">{made && <Made {...made} onDone={() => setMade(null)} />}</div>
      <form ref={form} method="post" aria-label="New token" noValidate onSubmit={onSubmit}>
        <Field id="token-name" name="name" label="Name" autoComplete="off" error={errorAtName} placeholder="What is it for?" required />
        <div className="pair">
          <div className="field">
            <label htmlFor="token-access">Access</label>
            <select id="token-access" name="access" defaultValue={ACCESSES[0].id}>
              {ACCESSES.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <div className="field">
            <label htmlFor="token-days">Ends after</label>
            <select id="token-days" name="days" defaultValue={DEFAULT_DAYS}>
              {ENDS.map((days) => (
                <option key={days} value={days}>
                  {days} days
                </option>
              ))}
            </select>
          </div>
        </div>
        <div role="alert">{problem && !errorAtName && <ProblemNote problem={problem} />}</div>
        <div className="actions">
          <button type="submit" className="primary" aria-disabled={pending}>
            {pending ? "Making it…" : "Make a token"}
          </button>
        </div>
      </form>
    </>
  );
}

function Made({ name, secret, onDone }: { name: string; secret: string; onDone: () => void }) {
  const [copied, setCopied] = useState(false);

  async function copy() {
    // Not there without HTTPS; the text can still be selected.
    await (navigator.clipboard as Clipboard | undefined)?.writeText(secret).then(
      () => setCopied(true),
      () => {},
    );
  }

  return (
    <div className="secret">
      <p>
        “{name}” is ready. Copy it now: it is not shown again.
      </p>
      <code>{secret}</code>
      <div className="actions">
        <button type="button" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </button>
        <button type="button" onClick={onDone}>
          Done
        </button>
      </div>
    </div>
  );
}
