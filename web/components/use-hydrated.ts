/**
 * False until React has taken over the page.
 *
 * Submit buttons wait for it: a form sent before that would be posted by the browser itself and the
 * input lost.
 */
import { useSyncExternalStore } from "react";

const never = () => () => {};

export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
