/**
 * Before Better Auth deletes a user: everything the task API keeps of that user goes first. Unless the
 * API says it is gone, the deletion is refused, so that no tasks are left without an owner. It erases in
 * batches and may stop halfway, or erase everything and its answer be lost; asked again, it continues, or
 * refuses the token because the account is erased already.
 */
import { APIError } from "better-auth/api";
import { readProblem } from "./api-problem.js";

const TIMEOUT_MS = 15_000;

/** Throws the `APIError` that the person sees. */
export async function eraseTasks(apiUrl: string, userId: string, token: string): Promise<void> {
  const url = `${apiUrl}/api/${encodeURIComponent(userId)}`;
  let answer: string;
  try {
    const init = { method: "DELETE", headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(TIMEOUT_MS) };
    // Followed, a redirect could answer 204 without having deleted anything.
    const response = await fetch(url, { ...init, redirect: "manual" });
    if (response.status === 204 || (response.status === 401 && (await readProblem(response)).code === "account_erased")) return;
    answer = `answered ${response.status} (request ${response.headers.get("X-Request-Id") ?? "unknown"})`;
  } catch (error) {
    answer = `could not be reached: ${error instanceof Error ? error.message : String(error)}`;
  }
  // The address without its path, which names the user.
  console.error(`An account was not deleted, because the task API at ${apiUrl} ${answer}`);
  throw new APIError("SERVICE_UNAVAILABLE", {
    code: "TASKS_NOT_ERASED",
    message:
      "Your tasks could not all be deleted just now. Some or all of them may be gone already. Your account is still there. Please delete it again in a moment.",
  });
}
