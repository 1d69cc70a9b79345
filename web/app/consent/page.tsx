/** What an assistant asks for, and the user's answer. Better Auth sends the browser here with a signed request. */
import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { ConsentForm } from "../../components/consent-form";
import { assistantsRequest } from "../../lib/assistants-request";
import { mcpResource } from "../../lib/env";
import { assistantCalled } from "../../lib/registered-assistant";
import { currentUser } from "../../lib/session";
import "../consent.css";

export const metadata: Metadata = { title: "Give access" };

type Query = Record<string, string | string[] | undefined>;

export default async function ConsentPage({ searchParams }: { searchParams: Promise<Query> }) {
  if (mcpResource() === null) notFound();
  const query = entriesOf(await searchParams);
  const user = await currentUser();
  if (!user) redirect(`/sign-in${assistantsRequest(query)}`);
  const name = await assistantCalled(query.get("client_id"));
  const target = query.get("redirect_uri");
  if (name === null || target === null || !URL.canParse(target)) notFound();
  return (
    <ConsentForm
      assistant={name}
      email={user.email}
      scopes={(query.get("scope") ?? "").split(" ").filter(Boolean)}
      target={placeOf(new URL(target))}
    />
  );
}

function entriesOf(query: Query): URLSearchParams {
  const entries = Object.entries(query).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one]));
  return new URLSearchParams(entries);
}

/** Where the browser goes with the answer: a program on this machine, a web site, or an installed app. */
function placeOf(url: URL): { name: string; isThisMachine: boolean } {
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  return { name: isWeb ? url.host : url.protocol.slice(0, -1), isThisMachine: url.protocol === "http:" };
}
