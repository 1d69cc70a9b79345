/** For addresses that lead nowhere. */
import Link from "next/link";
import { Brand } from "../components/brand";

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
          <Link href="/">To your tasks</Link>
        </p>
      </section>
    </main>
  );
}
