/** Following what happens to the tasks, on this device and on others. `followTasks` is enough for most pages; the rest are its parts. */
export { followTasks, type FollowedTasks, type TaskFollower } from "./follow-tasks.js";
export { bearerFetch, createTaskSync, type Changes, type Connection, type TaskSync, type TaskSyncOptions } from "./task-sync.js";
export { createTaskMemory, type TaskMemory, type Versioned } from "./task-memory.js";
export { createTaskQueue, type Pending, type TaskQueue, type TaskQueueOptions } from "./task-queue.js";
export { readEvents, type ServerEvent } from "./event-stream.js";
