/**
 * Runs once before the server takes requests. The work is in a file of its own, because Next.js also
 * compiles this one for the edge runtime, where there is no process to stop.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { prepareServer } = await import("./lib/prepare-server");
    await prepareServer();
  }
}
