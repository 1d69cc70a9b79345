/** The server's side: one plugin in the `plugins` of `betterAuth()`. */
export { taskbridgeJwt, type TaskbridgeJwt } from "./plugin.js";
export type { Algorithm, Signed, TaskbridgeJwtOptions } from "./options.js";
export { endSession } from "./backchannel-logout.js";
export { currentSecret, secretFingerprint, type CurrentSecret } from "./secret.js";
