"use client";

/** Tokens for scripts: what there is, and how to be rid of one. Making one is `new-token`. */
import { useState } from "react";
import type { AccountClient, PersonalToken } from "../lib/account-client";
import { dayOf } from "../lib/account-dates";
import { ACCOUNT } from "../lib/refresh";
import { AccountSection } from "./account-section";
import { ConfirmDialog } from "./confirm-dialog";
import { NewToken } from "./new-token";
import { useEntries } from "./use-entries";
import type { Notices } from "./use-notices";

const TOKENS = [ACCOUNT, "tokens"];

export function PersonalTokens({ account, notices }: { account: AccountClient; notices: Notices }) {
  const [revoking, setRevoking] = useState<PersonalToken | null>(null);
  const list = useEntries(TOKENS, account.tokens, notices);
  const revoke = (token: PersonalToken) => list.change(() => account.revokeToken(token), `Revoked “${token.name}”.`);

  return (
    <AccountSection
      id="tokens"
      title="Personal access tokens"
      lead="For your scripts. A token reaches your tasks and nothing else, and ends by itself."
      label="Tokens"
      list={list}
      entry={(token) => <Entry key={token.id} token={token} onRevoke={() => setRevoking(token)} />}
    >
      <NewToken account={account} onMade={() => void list.readAgain()} />
      {revoking && (
        <ConfirmDialog title={`Revoke “${revoking.name}”?`} action="Revoke it" keep="Keep it" onConfirm={() => void revoke(revoking)} onDismiss={() => setRevoking(null)}>
          <p>Scripts that use it are refused at once.</p>
        </ConfirmDialog>
      )}
    </AccountSection>
  );
}

function Entry({ token: { name, start, access, until, lastUsed }, onRevoke }: { token: PersonalToken; onRevoke: () => void }) {
  return (
    <li className="entry">
      <div>
        <p>
          <span className="title">{name}</span>
          <span className="mark">{access.label}</span>
        </p>
        <p className="facts">
          {start}… · {until && <Until date={until} />} · {lastUsed ? `last used ${dayOf(lastUsed)}` : "not used yet"}
        </p>
      </div>
      <button type="button" className="quiet danger" aria-label={`Revoke ${name}`} onClick={onRevoke}>
        Revoke
      </button>
    </li>
  );
}

function Until({ date }: { date: Date }) {
  return (
    <>
      until <time dateTime={date.toISOString()}>{dayOf(date)}</time>
    </>
  );
}
