"use client";

/** Whether an assistant may read or change the user's tasks. Better Auth takes the answer, and says where to go with it. */
import { useRef, useState, type FormEvent } from "react";
import { authClient } from "../lib/auth-client";
import { Brand } from "./brand";
import { useHydrated } from "./use-hydrated";

const READ = "tasks:read";
const WRITE = "tasks:write";

interface Props {
  assistant: string;
  email: string;
  scopes: string[];
  target: { name: string; isThisMachine: boolean };
}

export function ConsentForm({ assistant, email, scopes, target }: Props) {
  const hydrated = useHydrated();
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState("");
  const alert = useRef<HTMLDivElement>(null);

  async function answer(accept: boolean, granted: string[]): Promise<void> {
    if (pending) return;
    setProblem("");
    setPending(true);
    const { error } = await authClient.oauth2.consent({ accept, scope: granted.join(" ") }).catch(() => ({ error: { status: 0 } }));
    // Without an error the browser is on its way back to the assistant.
    if (!error) return;
    setPending(false);
    setProblem(
      error.status === 400
        ? "This request has expired or was changed. Go back to the assistant, and connect it again."
        : "Your answer could not be sent. Check your connection, then try again.",
    );
    alert.current?.focus();
  }

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const choice = new FormData(event.currentTarget).get("access");
    const granted = choice === "read" ? scopes.filter((scope) => scope !== WRITE) : scopes;
    void answer(true, granted);
  }

  return (
    <main className="auth">
      <header>
        <Brand />
      </header>
      <section className="card consent" aria-labelledby="consent-heading">
        <h1 id="consent-heading">
          Give <bdi>{assistant}</bdi> access?
        </h1>
        <p className="lead">
          It asks for the tasks of <strong>{email}</strong>, and for nobody else’s.
        </p>
        <div role="alert" tabIndex={-1} ref={alert}>
          {problem && <p className="alert">{problem}</p>}
        </div>
        <form onSubmit={onSubmit}>
          <Access scopes={scopes} />
          <ul className="facts">
            <li>
              The name is what it calls itself; it was not checked. Your answer goes to <strong>{target.name}</strong>
              {target.isThisMachine ? ", a program on this computer. Allow it only if you have just started it yourself." : "."}
            </li>
            <li>
              {scopes.includes("offline_access") ? "It keeps this access until you sign out here, or take it back under “Your account”." : "It keeps this access for a few minutes, and then asks again."}
            </li>
            <li>It may do what texts tell it that it reads, your tasks among them. Look at what it does.</li>
          </ul>
          <div className="consent-actions">
            <button className="primary" type="submit" disabled={!hydrated} aria-disabled={pending}>
              {pending ? "One moment…" : "Allow"}
            </button>
            <button type="button" disabled={!hydrated} aria-disabled={pending} onClick={() => void answer(false, scopes)}>
              Deny
            </button>
          </div>
        </form>
      </section>
    </main>
  );
}

/** A choice where there is one. */
function Access({ scopes }: { scopes: string[] }) {
  const [reads, writes] = [scopes.includes(READ), scopes.includes(WRITE)];
  if (!reads || !writes) {
    return <p className="access">{writes ? "It may add, change and delete tasks, and not read them." : reads ? "It may read your tasks, and not change them." : "It may neither read nor change your tasks."}</p>;
  }
  return (
    <fieldset className="access">
      <legend>It may</legend>
      <label>
        <input type="radio" name="access" value="write" defaultChecked />
        read, add, change and delete tasks
      </label>
      <label>
        <input type="radio" name="access" value="read" />
        read tasks, and change nothing
      </label>
    </fieldset>
  );
}
