"use client";

/** Sign-up and sign-in: the same form but for the name. Better Auth's errors are shown where they belong. */
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { assistantsRequest } from "../lib/assistants-request";
import { authClient } from "../lib/auth-client";
import { wordsFor, type AuthError } from "../lib/auth-error";
import { Brand } from "./brand";
import { Field } from "./field";
import { HelpLink } from "./help-link";
import { useHydrated } from "./use-hydrated";

type FieldName = "name" | "email" | "password";
type Errors = Partial<Record<FieldName | "form", string>>;

/** Which field an error code belongs to, and how to say it to a person. */
const knownErrors: Record<string, [FieldName | "form", string]> = {
  USER_ALREADY_EXISTS: ["email", "There is already an account with this e-mail address."],
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ["email", "There is already an account with this e-mail address."],
  INVALID_EMAIL: ["email", "This does not look like an e-mail address."],
  PASSWORD_TOO_SHORT: ["password", "The password must have at least 8 characters."],
  PASSWORD_TOO_LONG: ["password", "The password may have at most 128 characters."],
  INVALID_PASSWORD: ["password", "Please enter a password."],
  // At the field to correct most often, and worded so as not to tell which of the two is wrong.
  INVALID_EMAIL_OR_PASSWORD: ["password", "The e-mail address or the password is wrong."],
};

function explain(error: AuthError): Errors {
  const known = error.code ? knownErrors[error.code] : undefined;
  if (known) return { [known[0]]: known[1] };
  // Better Auth's schema check names the member in its message: "[body.email] Invalid email address".
  const member = /^\[body\.(name|email|password)\]/.exec(error.message ?? "")?.[1] as FieldName | undefined;
  if (member) return member === "email" ? explain({ code: "INVALID_EMAIL", status: error.status }) : { [member]: "Please check this entry." };
  return { form: wordsFor(error) };
}

function missing(mode: "sign-up" | "sign-in", values: Record<FieldName, string>): Errors {
  const errors: Errors = {};
  if (mode === "sign-up" && !values.name.trim()) errors.name = "Please enter your name.";
  if (!values.email.trim()) errors.email = "Please enter your e-mail address.";
  if (!values.password) errors.password = "Please enter a password.";
  return errors;
}

/** What is wrong, or whether the browser is on its way to another page already: to the question that an assistant asks. */
async function submit(mode: "sign-up" | "sign-in", values: Record<FieldName, string>): Promise<AuthError | "leaving" | null> {
  const { name, email, password } = values;
  try {
    const { data, error } =
      mode === "sign-up"
        ? await authClient.signUp.email({ name: name.trim(), email: email.trim(), password })
        : await authClient.signIn.email({ email: email.trim(), password });
    return data && "redirect" in data && data.redirect ? "leaving" : error;
  } catch {
    return { status: 0 };
  }
}

/** The list that was asked for before signing in. Only ever the query of the task page, so that no link leads to another site. */
function viewAsked(): string {
  const view = new URLSearchParams(window.location.search).get("view") ?? "";
  return view === "" ? "" : `?${new URLSearchParams(view).toString()}`;
}

interface AuthFormProps {
  mode: "sign-up" | "sign-in";
  notice?: string | undefined;
  /** There is a session, and the API refuses its tokens: to sign in again will not help. */
  turnedAway?: boolean;
}

export function AuthForm({ mode, notice, turnedAway = false }: AuthFormProps) {
  const signUp = mode === "sign-up";
  const hydrated = useHydrated();
  const request = assistantsRequest(useSearchParams());
  const form = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [errors, setErrors] = useState<Errors>({});

  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [errors]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const data = new FormData(event.currentTarget);
    const text = (name: FieldName) => String(data.get(name) ?? "");
    const values = { name: text("name"), email: text("email"), password: text("password") };
    const gaps = missing(mode, values);
    if (Object.keys(gaps).length > 0) return setErrors(gaps);
    setErrors({});
    setPending(true);
    const error = await submit(mode, values);
    if (error === "leaving") return;
    // A full page load, so that the server decides what the new session may see.
    if (!error) return window.location.assign(`/${viewAsked()}`);
    setErrors(explain(error));
    setPending(false);
  }

  return (
    <main className="auth">
      <header>
        <Brand />
      </header>
      <section className="card" aria-labelledby="auth-heading">
        <h1 id="auth-heading">{signUp ? "Create your account" : "Welcome back"}</h1>
        <p className="lead">{signUp ? "A minute from now your first task is on the list." : "Sign in to get to your tasks."}</p>
        {notice && !errors.form && (
          <p className="notice" role="status">
            {notice}
            {turnedAway && (
              <>
                {" "}
                <HelpLink about="signed-out" />
              </>
            )}
          </p>
        )}
        <div role="alert" id="auth-alert">
          {errors.form && <p className="alert">{errors.form}</p>}
        </div>
        {/* method="post" keeps the password out of the address bar if the browser ever sends the form itself. */}
        <form ref={form} method="post" noValidate onSubmit={onSubmit}>
          {signUp && <Field id="name" name="name" label="Name" autoComplete="name" error={errors.name} required />}
          <Field
            id="email"
            name="email"
            label="E-mail"
            type="email"
            autoComplete="email"
            inputMode="email"
            error={errors.email}
            required
          />
          <Field
            id="password"
            name="password"
            label="Password"
            type="password"
            autoComplete={signUp ? "new-password" : "current-password"}
            hint={signUp ? "At least 8 characters." : undefined}
            error={errors.password}
            required
          />
          <button className="primary wide" type="submit" disabled={!hydrated} aria-disabled={pending}>
            {pending ? "One moment…" : signUp ? "Create account" : "Sign in"}
          </button>
        </form>
        <p className="switch">
          {signUp ? "Already have an account? " : "New here? "}
          <Link href={(signUp ? "/sign-in" : "/sign-up") + request}>{signUp ? "Sign in" : "Create an account"}</Link>
        </p>
      </section>
    </main>
  );
}
