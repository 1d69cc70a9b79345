/** Reads the lists of tasks on show again. Nothing that is under way is cancelled for it; since that may be from before, it is read once more. */
import type { QueryClient } from "@tanstack/react-query";

export type Refresh = () => void;

/** The first part of the keys of what is no list of tasks, and not read again when there is news of them. */
export const ACCOUNT = "account";

const lists = { predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== ACCOUNT };

export function createRefresh(client: QueryClient): Refresh {
  let running = false;
  let again = false;

  async function run(): Promise<void> {
    running = true;
    do {
      again = client.isFetching(lists) > 0;
      // Waits for what is under way.
      await client.invalidateQueries(lists, { cancelRefetch: false });
    } while (again);
    running = false;
  }

  return () => {
    again = true;
    if (!running) void run();
  };
}
