/** The account: where one is signed in, the password, tokens for scripts, and assistants. The server checks the session before it sends anything. */
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AccountBoard } from "../../components/account-board";
import { apiUrl, mcpResource, tokenLifetimeSeconds } from "../../lib/env";
import { currentUser } from "../../lib/session";
import "../dialogs.css";
import "../tasks.css";
import "../toolbar.css";
import "../live.css";
import "../account.css";

export const metadata: Metadata = { title: "Your account" };

export default async function AccountPage() {
  const user = await currentUser();
  if (!user) redirect("/sign-in");
  const assistantMinutes = mcpResource() === null ? null : Math.ceil(tokenLifetimeSeconds() / 60);
  return <AccountBoard apiUrl={apiUrl()} user={{ id: user.id, name: user.name || user.email, email: user.email }} assistantMinutes={assistantMinutes} />;
}
