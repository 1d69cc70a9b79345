/** Better Auth in the browser: accounts, sessions and personal access tokens. Tokens for the API are `taskbridge-auth/client`'s business. */
import { apiKeyClient } from "@better-auth/api-key/client";
import { oauthProviderClient } from "@better-auth/oauth-provider/client";
import { createAuthClient } from "better-auth/client";

// The provider's plugin adds the request of an assistant, if the page's address has one, to a sign-in and to the consent.
export const authClient = createAuthClient({ plugins: [apiKeyClient(), oauthProviderClient()] });
