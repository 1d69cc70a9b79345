"use client";

/** A list on the page of the account: it is read once, changed by the person, and then read again. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, type RefObject } from "react";
import { asProblem } from "../lib/form-problem";
import type { Notices } from "./use-notices";

export interface Entries<T> {
  /** Not there before the first answer. */
  entries: T[] | undefined;
  error: Error | null;
  isPending: boolean;
  /** Of the section, to which the focus goes. */
  heading: RefObject<HTMLHeadingElement | null>;
  readAgain: () => Promise<void>;
  /** Does something to the list, and says that it was done or why not. */
  change: (work: () => Promise<void>, said: string) => Promise<void>;
}

export function useEntries<T>(queryKey: string[], read: () => Promise<T[]>, notices: Notices): Entries<T> {
  const client = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const { data: entries, error, isPending } = useQuery({ queryKey, queryFn: read });
  const readAgain = () => client.invalidateQueries({ queryKey });

  async function change(work: () => Promise<void>, said: string): Promise<void> {
    notices.report(null);
    try {
      await work();
      // The row or the button with the focus is about to go.
      heading.current?.focus();
      notices.announce(said);
    } catch (failure) {
      notices.report(asProblem(failure));
    }
    await readAgain();
  }

  return { entries, error, isPending, heading, readAgain, change };
}
