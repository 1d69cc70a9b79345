/** A section of the account page with a list in it: its heading, the list or why it is not there, and what comes after. */
import type { ReactNode } from "react";
import { Loading, LoadFailed } from "./load-state";
import type { Entries } from "./use-entries";

interface Props<T> {
  id: string;
  title: string;
  lead?: string;
  /** The name of the list. */
  label: string;
  list: Entries<T>;
  entry: (one: T) => ReactNode;
  children: ReactNode;
}

export function AccountSection<T>({ id, title, lead, label, list: { entries, error, isPending, heading, readAgain }, entry, children }: Props<T>) {
  return (
    <section className="card account-section" aria-labelledby={`${id}-heading`}>
      <h2 id={`${id}-heading`} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {lead && <p className="lead">{lead}</p>}
      {isPending && <Loading />}
      {error && <LoadFailed error={error} onRetry={() => void readAgain()} />}
      {entries && entries.length > 0 && (
        <ul className="entries" aria-label={label}>
          {entries.map(entry)}
        </ul>
      )}
      {children}
    </section>
  );
}
