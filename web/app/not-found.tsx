/** For addresses that lead nowhere. */
import { Brand } from "../components/brand";
import { HelpLink } from "../components/help-link";

export default function NotFound() {
  return (
    <main className="auth">
      <header>
        <Brand />
      </header>
      <section className="card">
        <h1>Nothing here</h1>
        <p className="lead">This page does not exist.</p>
        <p>
          {/* A link of the browser: the history of the task page is its own, which the router of Next.js would not follow. */}
          <a href="/">To your tasks</a>
        </p>
        <p>
          <HelpLink about="no-page" />
        </p>
      </section>
    </main>
  );
}
