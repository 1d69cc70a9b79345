/** What a personal access token may do. Its first letters say which kind it is, to its owner, to scanners for leaked secrets, and to us. */
export const ACCESSES = [
  { id: "read", prefix: "tbr_", scope: "tasks:read", label: "Read tasks" },
  { id: "read-write", prefix: "tbw_", scope: "tasks:read tasks:write", label: "Read and change tasks" },
] as const;

export type Access = (typeof ACCESSES)[number];

export const accessOfKey = (key: string): Access | undefined => ACCESSES.find(({ prefix }) => key.startsWith(prefix));

/** For how many days at most, and by default. */
export const MAX_DAYS = 365;
export const DEFAULT_DAYS = 90;
/** How many letters a name may have. */
export const MAX_NAME = 64;
/** How many tokens a person may have at once. */
export const MAX_TOKENS = 50;
