"use client";

/** Where the person is signed in. Signing out elsewhere takes effect at once, for the tasks as well. */
import { useState } from "react";
import type { AccountClient, Device } from "../lib/account-client";
import { momentOf } from "../lib/account-dates";
import { deviceName } from "../lib/device-name";
import { ACCOUNT } from "../lib/refresh";
import { AccountSection } from "./account-section";
import { ConfirmDialog } from "./confirm-dialog";
import { useEntries } from "./use-entries";
import type { Notices } from "./use-notices";

export const DEVICES = [ACCOUNT, "devices"];

export function DeviceList({ account, notices }: { account: AccountClient; notices: Notices }) {
  const [asking, setAsking] = useState(false);
  const list = useEntries(DEVICES, account.devices, notices);
  const signOut = (device: Device) => list.change(() => account.signOut(device), `Signed out ${deviceName(device.userAgent)}.`);
  const signOutOthers = () => list.change(account.signOutOthers, "Signed out everywhere else.");

  return (
    <AccountSection
      id="devices"
      title="Where you are signed in"
      label="Devices"
      list={list}
      entry={(device) => <Entry key={device.id} device={device} onSignOut={() => void signOut(device)} />}
    >
      {list.entries && list.entries.length > 1 && (
        <div className="actions">
          <button type="button" onClick={() => setAsking(true)}>
            Sign out everywhere else
          </button>
        </div>
      )}
      {asking && (
        <ConfirmDialog title="Sign out everywhere else?" action="Sign them out" keep="Leave them" onConfirm={() => void signOutOthers()} onDismiss={() => setAsking(false)}>
          <p>You stay signed in here. Personal access tokens are not affected.</p>
        </ConfirmDialog>
      )}
    </AccountSection>
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
          {device.address ?? "Unknown address"} · signed in <time dateTime={device.since.toISOString()}>{momentOf(device.since)}</time>
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
