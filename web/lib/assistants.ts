/**
 * Better Auth as the authorization server of assistants (OAuth 2.1), for the API's `/mcp`. Used with MCP=on only.
 *
 * An assistant registers itself (RFC 7591), sends its user's browser here, and the user says on `/consent` what it may
 * do. Its access tokens are JWTs, signed as all the others are, by the shared secret or by the key pair. They differ in
 * their audience, which is the address of `/mcp` (RFC 8707), so that they open nothing else; in `scope`; and they name
 * the session in which access was given (`sid`).
 */
import { oauthProvider, type OAuthClaimExtensionInput } from "@better-auth/oauth-provider";
import { APIError } from "better-auth/api";
import { tokenLifetimeSeconds } from "./env";

/** What an assistant can ask for. `offline_access`: new tokens without its user's browser. */
const SCOPES = ["tasks:read", "tasks:write", "offline_access"];

export function authorizationServer(resource: string) {
  return oauthProvider({
    // Without `openid` there are no ID tokens, which would be signed with the shared secret as well.
    scopes: SCOPES,
    resources: [resource],
    clientRegistrationDefaultResources: [resource],
    grantTypes: ["authorization_code", "refresh_token"],
    // Assistants cannot be known beforehand. What they say of themselves is not believed: see `/consent`.
    allowDynamicClientRegistration: true,
    allowUnauthenticatedClientRegistration: true,
    // By default every user could manage clients, and the resources that tokens are for.
    clientPrivileges: () => false,
    resourcePrivileges: () => false,
    loginPage: "/sign-in",
    signup: { page: "/sign-up" },
    consentPage: "/consent",
    accessTokenExpiresIn: tokenLifetimeSeconds(),
    // A repeated refresh whose answer was lost gets the same answer, and is no theft.
    refreshTokenReuseInterval: 30,
    extensions: [{ claims: { accessToken: onlyWhileGranted } }],
  });
}

/**
 * Before each token: the session in which access was given is still there, and so is the consent. The plugin itself
 * would go on refreshing after a sign-out, a ban or a withdrawn consent, until the refresh token expires.
 */
async function onlyWhileGranted({ ctx, client, user, sessionId, scopes }: OAuthClaimExtensionInput): Promise<Record<string, unknown>> {
  const { adapter } = ctx.context;
  const session = sessionId && (await adapter.findOne<{ userId: string; expiresAt: Date }>({ model: "session", where: [{ field: "id", value: sessionId }] }));
  if (!session || session.userId !== user?.id || new Date(session.expiresAt) <= new Date()) {
    throw ended("The session in which access was given has ended.");
  }
  const consent = await adapter.findOne<{ scopes: string[] }>({
    model: "oauthConsent",
    where: [
      { field: "clientId", value: client.clientId },
      { field: "userId", value: session.userId },
    ],
  });
  if (!consent || !scopes.every((scope) => consent.scopes.includes(scope))) throw ended("Access was taken back.");
  return {};
}

/** RFC 6749, section 5.2: the client asks its user again. */
function ended(description: string): APIError {
  return new APIError("BAD_REQUEST", { error: "invalid_grant", error_description: description });
}
