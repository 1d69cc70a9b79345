"use client";

/** Where the person is signed in. Signing out elsewhere takes effect at once, for the tasks as well. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { AccountClient, Device } from "../lib/account-client";
import { asProblem } from "../lib/api-problem";
import { deviceName } from "../lib/device-name";
import { ACCOUNT } from "../lib/refresh";
import { ConfirmDialog } from "./confirm-dialog";
import { ProblemNote } from "./problem-note";
import type { Notices } from "./use-notices";

export const DEVICES = [ACCOUNT, "devices"];

const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function DeviceList({ account, notices }: { account: AccountClient; notices: Notices }) {
  const client = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [asking, setAsking] = useState(false);
  const { data: devices, error, isPending, refetch } = useQuery({ queryKey: DEVICES, queryFn: () => account.devices() });

  async function attempt(work: () => Promise<void>, said: string): Promise<void> {
    notices.report(null);
    try {
      await work();
      // The row or the button with the focus is about to go.
      heading.current?.focus();
      notices.announce(said);
    } catch (failure) {
      notices.report(asProblem(failure));
    }
    await client.invalidateQueries({ queryKey: DEVICES });
  }

  return (
    <section className="card account-section" aria-labelledby="devices-heading">
      <h2 id="devices-heading" ref={heading} tabIndex={-1}>
        Where you are signed in
      </h2>
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
      {devices && (
        <ul className="entries" aria-label="Devices">
          {devices.map((device) => (
            <Entry key={device.id} device={device} onSignOut={() => void attempt(() => account.signOut(device), `Signed out ${deviceName(device.userAgent)}.`)} />
          ))}
        </ul>
      )}
      {devices && devices.length > 1 && (
        <div className="actions">
          <button type="button" onClick={() => setAsking(true)}>
            Sign out everywhere else
          </button>
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title="Sign out everywhere else?"
          action="Sign them out"
          keep="Leave them"
          onConfirm={() => void attempt(account.signOutOthers, "Signed out everywhere else.")}
          onDismiss={() => setAsking(false)}
        >
          <p>You stay signed in here. Personal access tokens are not affected.</p>
        </ConfirmDialog>
      )}
    </section>
  );
}

function Entry({ device, onSignOut }: { device: Device; onSignOut: () => void }) {
  const name = deviceName(device.userAgent);
  return (
    <li className="entry" data-session-id={device.id}>
      <div>
        <p>
          <span className="title">{name}</span>
          {device.here && <span className="mark">This device</span>}
        </p>
        <p className="facts">
          {device.address ?? "Unknown address"} · signed in <time dateTime={device.since.toISOString()}>{moment.format(device.since)}</time>
        </p>
      </div>
      {!device.here && (
        <button type="button" className="quiet danger" aria-label={`Sign out ${name}`} onClick={onSignOut}>
          Sign out
        </button>
      )}
    </li>
  );
}
