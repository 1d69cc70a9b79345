"use client";

/** Before a change that was typed is thrown away. */
import { Modal } from "./modal";

export function DiscardQuestion({ onDiscard, onStay }: { onDiscard: () => void; onStay: () => void }) {
  return (
    <Modal title="Discard your changes?" onDismiss={onStay}>
      <p>They are not saved yet.</p>
      <div className="actions">
        <button type="button" className="danger-action" onClick={onDiscard}>
          Discard
        </button>
        <button type="button" data-first onClick={onStay}>
          Go on editing
        </button>
      </div>
    </Modal>
  );
}
