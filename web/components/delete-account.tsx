"use client";

/** Asks for the password once more, then has Better Auth delete the account, and the API everything in it. */
import { useEffect, useRef, useState, type FormEvent } from "react";
import { authClient } from "../lib/auth-client";
import type { Renewal } from "../lib/renewal";
import { Field } from "./field";
import { Modal } from "./modal";

interface Refusal {
  at: "password" | "form";
  text: string;
}

async function deleteAccount(password: string): Promise<Refusal | null> {
  if (password === "") return { at: "password", text: "Please enter your password." };
  try {
    const { error } = await authClient.deleteUser({ password });
    if (!error) return null;
    if (error.code === "INVALID_PASSWORD") return { at: "password", text: "The password is wrong." };
    return { at: "form", text: error.message || `Something went wrong on our side (status ${error.status}). ${UNCERTAIN} Please try again in a moment.` };
  } catch {
    return { at: "form", text: `The server did not answer. ${UNCERTAIN} Check your connection, then try again.` };
  }
}

/** An answer that is lost or explains nothing does not tell how far the server got. */
const UNCERTAIN = "Some or all of your tasks, and your account, may be gone already.";

interface Props {
  renewal: Renewal;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteAccount({ renewal, onDeleted, onClose }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  useEffect(() => {
    if (refusal?.at === "password") form.current?.querySelector("input")?.focus();
  }, [refusal]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    setPending(true);
    setRefusal(null);
    // The API hears of it before this page does, and ends its stream.
    renewal.pause();
    const refused = await deleteAccount(String(new FormData(event.currentTarget).get("password") ?? ""));
    if (refused) {
      void renewal.resume();
      setPending(false);
      return setRefusal(refused);
    }
    onDeleted();
    window.location.replace("/sign-in?reason=deleted");
  }

  return (
    <Modal title="Delete your account?" onDismiss={() => !pending && onClose()}>
      <p>Your account and all your tasks will be deleted at once and for good. To keep a copy of your tasks, export them first.</p>
      <form ref={form} method="post" aria-label="Delete your account" noValidate onSubmit={onSubmit}>
        <Field
          id="delete-password"
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          error={refusal?.at === "password" ? refusal.text : undefined}
          required
        />
        <div role="alert">{refusal?.at === "form" && <p className="alert">{refusal.text}</p>}</div>
        <div className="actions">
          <button type="submit" className="danger-action" aria-disabled={pending}>
            {pending ? "Deleting…" : "Delete everything"}
          </button>
          <button type="button" aria-disabled={pending} onClick={() => !pending && onClose()}>
            Keep my account
          </button>
        </div>
      </form>
    </Modal>
  );
}
