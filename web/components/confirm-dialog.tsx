"use client";

/** A question before something that cannot be taken back; the safe answer comes with the focus. */
import type { ReactNode } from "react";
import { Modal } from "./modal";

interface Props {
  title: string;
  /** What the button says that does it. */
  action: string;
  /** What the other one says, which changes nothing. */
  keep?: string;
  children: ReactNode;
  onConfirm: () => void;
  onDismiss: () => void;
}

export function ConfirmDialog({ title, action, keep = "Keep them", children, onConfirm, onDismiss }: Props) {
  return (
    <Modal title={title} onDismiss={onDismiss}>
      {children}
      <div className="actions">
        <button
          type="button"
          className="danger-action"
          onClick={() => {
            onDismiss();
            onConfirm();
          }}
        >
          {action}
        </button>
        <button type="button" data-first onClick={onDismiss}>
          {keep}
        </button>
      </div>
    </Modal>
  );
}
