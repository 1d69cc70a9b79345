"use client";

/** A question that has to be answered first. The browser's own dialog: it holds the focus inside, and gives it back. */
import { useEffect, useId, useRef, type ReactNode } from "react";

interface Props {
  title: string;
  /** Escape. Whatever it stands for must change nothing. */
  onDismiss: () => void;
  wide?: boolean;
  className?: string;
  children: ReactNode;
}

export function Modal({ title, onDismiss, wide = false, className = "", children }: Props) {
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    show(element);
    return () => {
      element?.close();
      // By now React has taken the dialog away, and with it the browser's memory of where the focus was.
      if (before instanceof HTMLElement && (document.activeElement === document.body || document.activeElement === null)) before.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      className={`modal ${wide ? "wide-modal" : ""} ${className}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        // Closing is the caller's decision: it takes this component away.
        event.preventDefault();
        onDismiss();
      }}
      onClose={() => {
        // Browsers close it on a second Escape, whatever came of the first one. A dialog that must be answered comes back.
        if (dialog.current?.open) return;
        onDismiss();
        requestAnimationFrame(() => {
          if (dialog.current?.isConnected && !dialog.current.open) show(dialog.current);
        });
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

function show(dialog: HTMLDialogElement | null): void {
  dialog?.showModal();
  // Of several answers the one that changes nothing: a key that is still held down must not delete anything.
  dialog?.querySelector<HTMLElement>("[data-first]")?.focus();
}
