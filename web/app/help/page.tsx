/** What to check when the two sides do not work together. Every page of an error leads here. */
import type { Metadata } from "next";
import { Brand } from "../../components/brand";
import { apiUrl, authBaseUrl } from "../../lib/env";

export const metadata: Metadata = { title: "What to check" };

export default function Help() {
  const api = apiUrl();
  const origin = authBaseUrl().origin;
  return (
    <main className="auth">
      <header>
        <Brand />
      </header>
      <section className="card help">
        <h1>What to check</h1>
        <p className="lead">
          For whoever runs this app. <code>taskbridge doctor</code> checks all of it at once; <code>docs/troubleshooting.md</code> has more.
        </p>
        <h2 id="unreachable">The task API cannot be reached</h2>
        <p>
          Open <a href={`${api}/health`}>{api}/health</a>. No answer: start the API, or correct <code>API_URL</code>; a page on https can
          reach only an API on https. An answer: this page must be allowed to call. The API&rsquo;s log names an origin that it refused,
          and <code>CORS_ALLOWED_ORIGINS</code> must list <code>{origin}</code>.
        </p>
        <h2 id="signed-out">Signed out again and again</h2>
        <p>
          The API refuses the tokens of this app. <code>taskbridge token inspect</code> says why. Most often the two sides have different
          secrets, so compare the fingerprints that both print at start, or <code>BETTER_AUTH_URL</code> is not {origin} on both:
          localhost and 127.0.0.1 are different.
        </p>
        <h2 id="server">The page could not be prepared</h2>
        <p>
          The log of this app has the cause under the reference. Most often its database is away: see <code>AUTH_DATABASE_URL</code>.
        </p>
        <h2 id="no-page">A page does not exist</h2>
        <p>
          The tasks are at <a href="/">{origin}</a>. The API&rsquo;s own addresses begin with {api}/api.
        </p>
      </section>
    </main>
  );
}
