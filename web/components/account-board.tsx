"use client";

/** The page of the account. */
import { useState } from "react";
import { createAccountClient } from "../lib/account-client";
import { asProblem } from "../lib/form-problem";
import { AppShell, type App, type Props } from "./app-shell";
import { Assistants } from "./assistants";
import { ChangePassword } from "./change-password";
import { DeviceList } from "./device-list";
import { PersonalTokens } from "./personal-tokens";
import { useLive } from "./use-live";

/** There is no list of tasks here to wait for. */
const ready = { isSuccess: true, error: null };

interface AccountProps extends Props {
  /** How long a token of an assistant lives, in minutes; null without assistants. */
  assistantMinutes: number | null;
}

export function AccountBoard({ assistantMinutes, ...props }: AccountProps) {
  return <AppShell {...props}>{(app) => <Board app={app} email={props.user.email} assistantMinutes={assistantMinutes} />}</AppShell>;
}

function Board({ app, email, assistantMinutes }: { app: App; email: string } & Pick<AccountProps, "assistantMinutes">) {
  const { notices, renewal } = app;
  const [account] = useState(() => createAccountClient(renewal));
  // What waits to be sent is sent from here too, and a sign-out in another tab is heard of.
  useLive(app, ready, (_pending, error) => notices.report(asProblem(error)));

  return (
    <main>
      <div className="heading">
        <h1>Your account</h1>
      </div>
      {/* A link and not Next.js's: the history of the task page is its own. */}
      <p className="lead">
        {email} · <a href="/">Back to your tasks</a>
      </p>
      <DeviceList account={account} notices={notices} />
      <ChangePassword account={account} notices={notices} email={email} />
      <PersonalTokens account={account} notices={notices} />
      {assistantMinutes !== null && <Assistants account={account} notices={notices} minutes={assistantMinutes} />}
    </main>
  );
}
