/** The sign-up page. */
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthForm } from "../../components/auth-form";
import { currentUser } from "../../lib/session";

export const metadata: Metadata = { title: "Create account" };

export default async function SignUpPage({ searchParams }: { searchParams: Promise<{ sig?: string }> }) {
  // An assistant may ask for a new account.
  const { sig } = await searchParams;
  if (sig === undefined && (await currentUser())) redirect("/");
  return <AuthForm mode="sign-up" />;
}
