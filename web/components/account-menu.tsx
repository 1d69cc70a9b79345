"use client";

/** What concerns the whole account: its page, taking one's tasks along, and leaving for good. */
import { useEffect, useRef, useState } from "react";
import type { ApiProblem, TaskbridgeClient } from "taskbridge-auth/client";
import { asProblem } from "../lib/form-problem";
import type { Renewal } from "../lib/renewal";
import { DeleteAccount } from "./delete-account";

interface Props {
  api: TaskbridgeClient;
  renewal: Renewal;
  announce: (text: string) => void;
  report: (problem: ApiProblem) => void;
  /** The account is gone. */
  onDeleted: () => void;
}

export function AccountMenu({ api, renewal, announce, report, onDeleted }: Props) {
  const [open, setOpen] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [exporting, setExporting] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    const closeOutside = (event: Event) => !menu.current?.contains(event.target as Node) && setOpen(false);
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    document.addEventListener("keydown", closeOnEscape);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
      document.removeEventListener("keydown", closeOnEscape);
    };
  }, [open]);

  function close() {
    button.current?.focus();
    setOpen(false);
  }

  async function exportTasks() {
    if (exporting) return;
    close();
    setExporting(true);
    try {
      save(await api.exportTasks(), `taskbridge-${new Date().toISOString().slice(0, 10)}.json`);
      announce("Exported your tasks.");
    } catch (error) {
      report(asProblem(error));
    } finally {
      setExporting(false);
    }
  }

  return (
    <div className="menu" ref={menu}>
      <button ref={button} type="button" aria-expanded={open} aria-controls="account" onClick={() => setOpen(!open)}>
        Account
      </button>
      <div id="account">
        {open && (
          <div className="menu-items">
            {/* A link and not Next.js's: the history of the task page is its own. */}
            <a href="/account">Your account</a>
            <button type="button" className="quiet" aria-disabled={exporting} onClick={() => void exportTasks()}>
              Export tasks
            </button>
            <button
              type="button"
              className="quiet danger"
              onClick={() => {
                close();
                setLeaving(true);
              }}
            >
              Delete account…
            </button>
          </div>
        )}
      </div>
      {leaving && <DeleteAccount renewal={renewal} onDeleted={onDeleted} onClose={() => setLeaving(false)} />}
    </div>
  );
}

/** By way of a link, because a download that the browser starts itself could not carry the token. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: some browsers read the address a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
