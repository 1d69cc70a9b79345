/** What a person does to the account itself, by Better Auth's own calls. Refusals are put into words here. */
import { ApiProblem } from "taskbridge-auth/client";
import { assistantName } from "./assistant-name";
import { authClient } from "./auth-client";
import { wordsFor, type AuthError } from "./auth-error";
import type { Renewal } from "./renewal";
import { ACCESSES, MAX_NAME, type Access } from "./token-access";

/** A place where the user is signed in. */
export interface Device {
  id: string;
  /** Names the session to Better Auth; of no use without its signature. */
  token: string;
  userAgent: string | null;
  address: string | null;
  since: Date;
  /** It is the one this page is open on. */
  here: boolean;
}

/** For scripts. */
export interface PersonalToken {
  id: string;
  name: string;
  /** Its first letters, to tell it from others. */
  start: string;
  access: Access;
  until: Date | null;
  lastUsed: Date | null;
}

/** A program of somebody else that this person lets at the tasks. */
export interface AllowedAssistant {
  /** Of the consent. */
  id: string;
  name: string;
  access: Access;
  since: Date;
}

/** Where in a form a refusal belongs, and how to say it to a person. */
const refusals: Record<string, [field: string | null, text: string]> = {
  SESSION_NOT_FRESH: [null, "Please enter your password once more to see where you are signed in."],
  INVALID_PASSWORD: ["currentPassword", "The password is wrong."],
  PASSWORD_TOO_SHORT: ["newPassword", "The password must have at least 8 characters."],
  PASSWORD_TOO_LONG: ["newPassword", "The password may have at most 128 characters."],
  INVALID_EMAIL_OR_PASSWORD: ["password", "The password is wrong."],
  INVALID_NAME_LENGTH: ["name", `The name may have at most ${MAX_NAME} characters.`],
};

function problemOf(error: AuthError): ApiProblem {
  const { code = "", status } = error;
  const [field, text] = refusals[code] ?? [null, wordsFor(error)];
  return new ApiProblem(status, code || `http_${status}`, text, null, field === null ? [] : [{ field, code, detail: text }]);
}

interface Answer<T> {
  data: T | null;
  error: AuthError | null;
}

/** What came of a call to Better Auth; without an answer that is an error too. */
const attempt = <T>(request: Promise<Answer<T>>): Promise<Answer<T>> => request.catch(() => ({ data: null, error: { status: 0 } }));

/** Signs the same person in anew; resolves with the id of the user. A session that was still there is ended, so that there is one and not two. */
export async function signInAgain(email: string, password: string): Promise<string> {
  const before = await attempt(authClient.getSession());
  const { data, error } = await attempt(authClient.signIn.email({ email, password }));
  if (!data) throw problemOf(error ?? { status: 0 });
  if (before.data) await attempt(authClient.revokeSession({ token: before.data.session.token }));
  return data.user.id;
}

/** The id of the user who is signed in, which may be another one than that of the page. */
export async function signedInUser(): Promise<string | null> {
  // Not from a cookie, in which a session that has ended may live on for a while.
  return (await attempt(authClient.getSession({ query: { disableCookieCache: true } }))).data?.user.id ?? null;
}

export type AccountClient = ReturnType<typeof createAccountClient>;

/** These reject with an ApiProblem. Where there is no session, or one that began too long ago, the person is asked to sign in first. */
export function createAccountClient(renewal: Renewal) {
  async function ask<T>(request: () => Promise<Answer<T>>): Promise<T> {
    for (let renewed = false; ; renewed = true) {
      const { data, error } = await attempt(request());
      if (!error) return data as T;
      const reason = error.code === "SESSION_NOT_FRESH" ? "old" : error.status === 401 ? "ended" : null;
      const retry = reason !== null && !renewed && (await renewal.ask(reason));
      if (!retry) throw problemOf(error);
    }
  }

  return {
    /** Where this person is signed in: here first, then the latest. */
    async devices(): Promise<Device[]> {
      const sessions = await ask(() => authClient.listSessions());
      const here = (await attempt(authClient.getSession())).data?.session.id;
      return sessions
        .map(({ id, token, userAgent, ipAddress, createdAt }) => ({
          id,
          token,
          userAgent: userAgent || null,
          address: ipAddress || null,
          since: new Date(createdAt),
          here: id === here,
        }))
        .sort((a, b) => Number(b.here) - Number(a.here) || b.since.getTime() - a.since.getTime());
    },
    signOut: async ({ token }: Device): Promise<void> => void (await ask(() => authClient.revokeSession({ token }))),
    signOutOthers: async (): Promise<void> => void (await ask(() => authClient.revokeOtherSessions())),
    /** With `signOutOthers` this device has a new session afterwards, and all others none. */
    async changePassword(currentPassword: string, newPassword: string, signOutOthers: boolean): Promise<void> {
      await ask(async () => {
        renewal.pause();
        try {
          return await authClient.changePassword({ currentPassword, newPassword, revokeOtherSessions: signOutOthers });
        } finally {
          await renewal.resume();
        }
      });
    },
    /** Personal access tokens, the newest first. */
    async tokens(): Promise<PersonalToken[]> {
      const { apiKeys } = await ask(() => authClient.apiKey.list({ query: { sortBy: "createdAt", sortDirection: "desc" } }));
      return apiKeys.map(({ id, name, start, configId, expiresAt, lastRequest }) => ({
        id,
        name: name ?? "",
        start: start ?? "",
        access: accessOf(configId),
        until: expiresAt && new Date(expiresAt),
        lastUsed: lastRequest && new Date(lastRequest),
      }));
    },
    /** Resolves with the token itself, which is shown this once. */
    createToken: async (name: string, access: Access, days: number): Promise<string> =>
      (await ask(() => authClient.apiKey.create({ name, configId: access.id, expiresIn: days * 86_400 }))).key,
    /** The latest first. */
    async assistants(): Promise<AllowedAssistant[]> {
      const consents = await ask(() => authClient.oauth2.getConsents());
      const named = consents.map(async ({ id, clientId, scopes, createdAt }) => {
        const client = await ask(() => authClient.oauth2.publicClient({ query: { client_id: clientId } }));
        const [reading, changing] = ACCESSES;
        return { id, name: assistantName(client.client_name), access: scopes.includes("tasks:write") ? changing : reading, since: new Date(createdAt) };
      });
      return (await Promise.all(named)).sort((a, b) => b.since.getTime() - a.since.getTime());
    },
    takeBack: async ({ id }: AllowedAssistant): Promise<void> => void (await ask(() => authClient.oauth2.deleteConsent({ id }))),
    revokeToken: async ({ id, access }: PersonalToken): Promise<void> => void (await ask(() => authClient.apiKey.delete({ keyId: id, configId: access.id }))),
  };
}

const accessOf = (configId: string): Access => ACCESSES.find(({ id }) => id === configId) ?? ACCESSES[0];
