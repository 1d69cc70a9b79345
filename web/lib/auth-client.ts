/** Better Auth in the browser: sign-up, sign-in and sign-out. Tokens for the API are `lib/api-client`'s business. */
import { createAuthClient } from "better-auth/client";

export const authClient = createAuthClient();
