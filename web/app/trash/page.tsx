/** The trash. As on the task page, the server checks the session before it sends anything. */
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { TrashBoard } from "../../components/trash-board";
import { apiUrl } from "../../lib/env";
import { currentUser } from "../../lib/session";
import "../dialogs.css";
import "../tasks.css";
import "../toolbar.css";
import "../live.css";
import "../account.css";

export const metadata: Metadata = { title: "Trash" };

export default async function TrashPage() {
  const user = await currentUser();
  if (!user) redirect("/sign-in");
  return <TrashBoard apiUrl={apiUrl()} user={{ id: user.id, name: user.name || user.email, email: user.email }} />;
}
