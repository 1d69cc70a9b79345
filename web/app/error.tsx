"use client";

/** For failures of the server itself, such as a database that is away. Says nothing about the cause, which is in the log. */
import { Brand } from "../components/brand";
import { HelpLink } from "../components/help-link";

export default function ServerProblem({ error }: { error: Error & { digest?: string } }) {
  return (
    <main className="auth">
      <header>
        <Brand />
      </header>
      <section className="card" role="alert">
        <h1>Something went wrong</h1>
        <p className="lead">The page could not be prepared. This is not your fault; please try again in a moment.</p>
        {error.digest && <p className="request-id">Reference {error.digest}</p>}
        <button type="button" className="primary" onClick={() => window.location.reload()}>
          Try again
        </button>
        <p>
          <HelpLink about="server" />
        </p>
      </section>
    </main>
  );
}
