/**
 * The task page. The server checks the session before it sends anything, and hands the browser the
 * API's address, which is thus read at run time and not baked into the build.
 */
import { redirect } from "next/navigation";
import { TaskBoard } from "../components/task-board";
import { apiUrl } from "../lib/env";
import { currentUser } from "../lib/session";
import "./dialogs.css";
import "./tasks.css";
import "./toolbar.css";
import "./live.css";
import "./account.css";

export default async function TaskPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const user = await currentUser();
  if (!user) {
    // A bookmarked list is still the one that was asked for after signing in.
    const entries = Object.entries(await searchParams).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one]));
    const view = new URLSearchParams(entries).toString();
    redirect(view === "" ? "/sign-in" : `/sign-in?${new URLSearchParams({ view }).toString()}`);
  }
  return <TaskBoard apiUrl={apiUrl()} user={{ id: user.id, name: user.name || user.email, email: user.email }} />;
}
