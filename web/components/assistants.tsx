"use client";

/** The assistants that this person has allowed, and how to take that back. Allowing one is `/consent`. */
import { useState } from "react";
import type { AccountClient, AllowedAssistant } from "../lib/account-client";
import { dayOf } from "../lib/account-dates";
import { ACCOUNT } from "../lib/refresh";
import { AccountSection } from "./account-section";
import { ConfirmDialog } from "./confirm-dialog";
import { useEntries } from "./use-entries";
import type { Notices } from "./use-notices";

const ASSISTANTS = [ACCOUNT, "assistants"];

interface Props {
  account: AccountClient;
  notices: Notices;
  /** How long a token of an assistant lives, in minutes. */
  minutes: number;
}

export function Assistants({ account, notices, minutes }: Props) {
  const [asking, setAsking] = useState<AllowedAssistant | null>(null);
  const list = useEntries(ASSISTANTS, account.assistants, notices);
  const takeBack = (assistant: AllowedAssistant) => list.change(() => account.takeBack(assistant), `Took back the access of “${assistant.name}”.`);

  return (
    <AccountSection
      id="assistants"
      title="Assistants"
      lead={list.entries?.length === 0 ? "You have not allowed any to reach your tasks." : "These may reach your tasks, until you sign out where you allowed them."}
      label="Assistants"
      list={list}
      entry={(assistant) => <Entry key={assistant.id} assistant={assistant} onTakeBack={() => setAsking(assistant)} />}
    >
      {asking && (
        <ConfirmDialog title={`Take back the access of “${asking.name}”?`} action="Take it back" keep="Leave it" onConfirm={() => void takeBack(asking)} onDismiss={() => setAsking(null)}>
          <p>
            It gets no more tokens. The one that it holds ends within {minutes} {minutes === 1 ? "minute" : "minutes"}; signing out where you allowed it ends that one too.
          </p>
        </ConfirmDialog>
      )}
    </AccountSection>
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
          allowed <time dateTime={since.toISOString()}>{dayOf(since)}</time>
        </p>
      </div>
      <button type="button" className="quiet danger" aria-label={`Take back the access of ${name}`} onClick={onTakeBack}>
        Take back
      </button>
    </li>
  );
}
