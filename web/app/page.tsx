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

export default async function TaskPage() {
  const user = await currentUser();
  if (!user) redirect("/sign-in");
  return <TaskBoard apiUrl={apiUrl()} user={{ id: user.id, name: user.name || user.email }} />;
}
