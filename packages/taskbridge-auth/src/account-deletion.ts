/**
 * An account takes its tasks along: they go first, and when that fails the account stays, so that its owner can try again.
 *
 * Better Auth asks `user.deleteUser.beforeDelete` before it begins. An app may have one of its own, which may refuse the deletion:
 * it is asked first. Other ways to delete a user (`removeUser` of the admin plugin) have no such hook, and are seen by the database's.
 */
import { APIError, createAuthMiddleware } from "better-auth/api";
import type { AuthContext, BetterAuthOptions, HookEndpointContext } from "better-auth";
import { eraseTasks } from "./erase-tasks.js";
import { signToken } from "./sign.js";

type UserHooks = NonNullable<NonNullable<BetterAuthOptions["databaseHooks"]>["user"]>;
type BeforeDelete = NonNullable<NonNullable<NonNullable<BetterAuthOptions["user"]>["deleteUser"]>["beforeDelete"]>;

/** For the one request to erase the tasks, in seconds. */
const ERASURE_TOKEN_LIFETIME_S = 60;

export function accountDeletion(apiUrl: string) {
  /** Users whose tasks are erased and whose account is being deleted. */
  const erased = new Set<string>();

  /** With a token as all the others are, of the session that asks for it where there is one. */
  async function erase(auth: AuthContext, userId: string, sessionId: string = crypto.randomUUID()): Promise<void> {
    await eraseTasks(apiUrl, userId, await signToken(auth, ERASURE_TOKEN_LIFETIME_S, { sub: userId, sid: sessionId }));
  }

  /**
   * What Better Auth does itself afterwards, and then finds done. Its own failure would be a 500 without a body, the same before
   * and after the tasks were erased; the owner must be told which of the two it is.
   */
  async function deleteAccount({ internalAdapter }: AuthContext, userId: string): Promise<void> {
    erased.add(userId);
    try {
      await internalAdapter.deleteUser(userId);
    } catch (error) {
      console.error(`An account was not deleted, but its tasks were: ${error instanceof Error ? error.message : String(error)}`);
      throw new APIError("SERVICE_UNAVAILABLE", {
        code: "ACCOUNT_NOT_DELETED",
        message: "All your tasks have been deleted, but your account could not be: it is still there. Please delete it again in a moment.",
      });
    } finally {
      erased.delete(userId);
    }
  }

  return {
    /** For the user's own request. Its options are of this request alone, so that the app's are left as they are. */
    before: {
      matcher: ({ path }: HookEndpointContext) => path === "/delete-user" || path === "/delete-user/callback",
      handler: createAuthMiddleware(async ({ context }) => {
        const { options } = context;
        const theirs = options.user?.deleteUser?.beforeDelete;
        const beforeDelete: BeforeDelete = async (user, request) => {
          await theirs?.(user, request);
          await erase(context, user.id, context.session?.session.id);
          await deleteAccount(context, user.id);
        };
        context.options = { ...options, user: { ...options.user, deleteUser: { ...options.user?.deleteUser, beforeDelete } } };
      }),
    },
    /** For every other way. By then Better Auth has ended the user's sessions. */
    hooks: (auth: AuthContext): UserHooks => ({
      delete: { before: ({ id }) => (erased.has(id) ? Promise.resolve() : erase(auth, id)) },
    }),
  };
}
