"use client";

/** The assistants that this person has allowed, and how to take that back. Allowing one is `/consent`. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { AccountClient, AllowedAssistant } from "../lib/account-client";
import { asProblem } from "../lib/api-problem";
import { ACCOUNT } from "../lib/refresh";
import { ConfirmDialog } from "./confirm-dialog";
import { ProblemNote } from "./problem-note";
import type { Notices } from "./use-notices";

const ASSISTANTS = [ACCOUNT, "assistants"];

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

interface Props {
  account: AccountClient;
  notices: Notices;
  /** How long a token of an assistant lives, in minutes. */
  minutes: number;
}

export function Assistants({ account, notices, minutes }: Props) {
  const client = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [asking, setAsking] = useState<AllowedAssistant | null>(null);
  const { data: assistants, error, isPending, refetch } = useQuery({ queryKey: ASSISTANTS, queryFn: account.assistants });

  async function takeBack(assistant: AllowedAssistant): Promise<void> {
    notices.report(null);
    try {
      await account.takeBack(assistant);
      // The row with the focus is about to go.
      heading.current?.focus();
      notices.announce(`Took back the access of “${assistant.name}”.`);
    } catch (failure) {
      notices.report(asProblem(failure));
    }
    await client.invalidateQueries({ queryKey: ASSISTANTS });
  }

  return (
    <section className="card account-section" aria-labelledby="assistants-heading">
      <h2 id="assistants-heading" ref={heading} tabIndex={-1}>
        Assistants
      </h2>
      <p className="lead">{assistants?.length === 0 ? "You have not allowed any to reach your tasks." : "These may reach your tasks, until you sign out where you allowed them."}</p>
      {isPending && (
        <p className="loading" role="status">
          Loading…
        </p>
      )}
      {error && (
        <div className="failed">
          <div role="alert">
            <ProblemNote problem={asProblem(error)} />
          </div>
          <button type="button" onClick={() => void refetch()}>
            Try again
          </button>
        </div>
      )}
      {assistants && assistants.length > 0 && (
        <ul className="entries" aria-label="Assistants">
          {assistants.map((assistant) => (
            <Entry key={assistant.id} assistant={assistant} onTakeBack={() => setAsking(assistant)} />
          ))}
        </ul>
      )}
      {asking && (
        <ConfirmDialog title={`Take back the access of “${asking.name}”?`} action="Take it back" keep="Leave it" onConfirm={() => void takeBack(asking)} onDismiss={() => setAsking(null)}>
          <p>
            It gets no more tokens. The one that it holds ends within {minutes} {minutes === 1 ? "minute" : "minutes"}; signing out where you allowed it ends that one too.
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}

function Entry({ assistant: { name, access, since }, onTakeBack }: { assistant: AllowedAssistant; onTakeBack: () => void }) {
  return (
    <li className="entry">
      <div>
        <p>
          <bdi className="title">{name}</bdi>
          <span className="mark">{access.label}</span>
        </p>
        <p className="facts">
          allowed <time dateTime={since.toISOString()}>{day.format(since)}</time>
        </p>
      </div>
      <button type="button" className="quiet danger" aria-label={`Take back the access of ${name}`} onClick={onTakeBack}>
        Take back
      </button>
    </li>
  );
}
