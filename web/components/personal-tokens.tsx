"use client";

/** Tokens for scripts: what there is, and how to be rid of one. Making one is `new-token`. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { AccountClient, PersonalToken } from "../lib/account-client";
import { asProblem } from "../lib/api-problem";
import { ACCOUNT } from "../lib/refresh";
import { ConfirmDialog } from "./confirm-dialog";
import { NewToken } from "./new-token";
import { ProblemNote } from "./problem-note";
import type { Notices } from "./use-notices";

const TOKENS = [ACCOUNT, "tokens"];

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export function PersonalTokens({ account, notices }: { account: AccountClient; notices: Notices }) {
  const client = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [revoking, setRevoking] = useState<PersonalToken | null>(null);
  const { data: tokens, error, isPending, refetch } = useQuery({ queryKey: TOKENS, queryFn: account.tokens });
  const readAgain = () => client.invalidateQueries({ queryKey: TOKENS });

  async function revoke(token: PersonalToken): Promise<void> {
    notices.report(null);
    try {
      await account.revokeToken(token);
      // The row with the focus is about to go.
      heading.current?.focus();
      notices.announce(`Revoked “${token.name}”.`);
    } catch (failure) {
      notices.report(asProblem(failure));
    }
    await readAgain();
  }

  return (
    <section className="card account-section" aria-labelledby="tokens-heading">
      <h2 id="tokens-heading" ref={heading} tabIndex={-1}>
        Personal access tokens
      </h2>
      <p className="lead">For your scripts. A token reaches your tasks and nothing else, and ends by itself.</p>
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
      {tokens && tokens.length > 0 && (
        <ul className="entries" aria-label="Tokens">
          {tokens.map((token) => (
            <Entry key={token.id} token={token} onRevoke={() => setRevoking(token)} />
          ))}
        </ul>
      )}
      <NewToken account={account} onMade={() => void readAgain()} />
      {revoking && (
        <ConfirmDialog title={`Revoke “${revoking.name}”?`} action="Revoke it" keep="Keep it" onConfirm={() => void revoke(revoking)} onDismiss={() => setRevoking(null)}>
          <p>Scripts that use it are refused at once.</p>
        </ConfirmDialog>
      )}
    </section>
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
          {start}… · {until && <Until date={until} />} · {lastUsed ? `last used ${day.format(lastUsed)}` : "not used yet"}
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
      until <time dateTime={date.toISOString()}>{day.format(date)}</time>
    </>
  );
}
