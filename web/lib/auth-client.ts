/** Better Auth in the browser: accounts, sessions and personal access tokens. Tokens for the API are `lib/api-client`'s business. */
import { apiKeyClient } from "@better-auth/api-key/client";
import { createAuthClient } from "better-auth/client";

export const authClient = createAuthClient({ plugins: [apiKeyClient()] });
