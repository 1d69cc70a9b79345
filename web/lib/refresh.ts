/** Reads the lists on show again. Nothing that is under way is cancelled for it; since that may be from before, it is read once more. */
import type { QueryClient } from "@tanstack/react-query";

export type Refresh = () => void;

export function createRefresh(client: QueryClient): Refresh {
  let running = false;
  let again = false;

  async function run(): Promise<void> {
    running = true;
    do {
      again = client.isFetching() > 0;
      // Waits for what is under way.
      await client.invalidateQueries({}, { cancelRefetch: false });
    } while (again);
    running = false;
  }

  return () => {
    again = true;
    if (!running) void run();
  };
}
