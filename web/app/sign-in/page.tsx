/** The sign-in page; also where the task page sends a visitor whose session is of no use any more. */
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthForm } from "../../components/auth-form";
import { currentUser } from "../../lib/session";

export const metadata: Metadata = { title: "Sign in" };

const notices = new Map([
  ["session", "Your session has ended. Please sign in again."],
  ["deleted", "Your account and all your tasks have been deleted."],
  ["erased", "This account has been deleted, with all its tasks."],
]);

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ reason?: string; sig?: string }> }) {
  const { reason, sig } = await searchParams;
  // An assistant may ask that its user signs in anew.
  const ended = reason === "session" || sig !== undefined;
  // Someone the API turned away stays here even with a live session: redirecting back would loop for
  // ever if, say, the two sides disagree about the secret.
  const user = await currentUser();
  if (!ended && user) redirect("/");
  return <AuthForm mode="sign-in" notice={notices.get(reason ?? "")} turnedAway={reason === "session" && user !== null} />;
}
