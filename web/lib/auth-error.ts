/** What Better Auth says of a request that it refused, and how to say it to a person where its code tells no more. */
export interface AuthError {
  code?: string | undefined;
  message?: string | undefined;
  /** Of the response; 0 without one. */
  status: number;
}

export function wordsFor({ status, message }: AuthError): string {
  if (status === 429) return "Too many attempts. Please wait ten seconds, then try again.";
  if (status === 0) return "The server cannot be reached. Check your connection, then try again.";
  return message || `Something went wrong on our side (status ${status}). Please try again.`;
}
