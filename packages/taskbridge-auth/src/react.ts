"use client";

/** Taskbridge in React: the client with its user, and a list of tasks that is always up to date. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiProblem, createTaskbridgeClient, type NewTask, type Task, type TaskbridgeClient, type TaskbridgeClientOptions } from "./client.js";
import { followTasks, type FollowedTasks } from "./follow-tasks.js";
import type { Connection } from "./task-sync.js";

export interface Taskbridge {
  client: TaskbridgeClient;
  /** The id of the signed-in user; null until it is known. */
  userId: string | null;
  /** Why it is not known, such as `signed_out`. */
  problem: ApiProblem | null;
}

/** One client for as long as the component is there, made with the options of its first call. */
export function useTaskbridge(options: TaskbridgeClientOptions): Taskbridge {
  const [client] = useState(() => createTaskbridgeClient(options));
  const [user, setUser] = useState<Omit<Taskbridge, "client">>({ userId: null, problem: null });
  useEffect(() => {
    let current = true;
    client.me().then(
      ({ user_id }) => current && setUser({ userId: user_id, problem: null }),
      (error: unknown) => current && setUser({ userId: null, problem: problemOf(error) }),
    );
    return () => void (current = false);
  }, [client]);
  return { client, ...user };
}

export interface Tasks {
  /** All tasks, the newest first; null until they are there. */
  tasks: Task[] | null;
  connection: Connection;
  /** What went wrong last; null after the next success. */
  problem: ApiProblem | null;
  /** Resolves with the task, or with null where `problem` says why there is none. */
  add: (task: NewTask) => Promise<Task | null>;
  complete: (task: Task, completed?: boolean) => Promise<void>;
  /** It goes to the trash. */
  remove: (task: Task) => Promise<void>;
}

/** The tasks of the signed-in user. Changes are shown when the API has agreed, those from other tabs and devices included. */
export function useTasks(client: TaskbridgeClient): Tasks {
  const [tasks, setTasks] = useState<Task[] | null>(null);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const followed = useRef<FollowedTasks | null>(null);

  useEffect(() => {
    const following = followTasks(client, { onTasks: setTasks, onConnection: setConnection, onProblem: (error) => setProblem(problemOf(error)) });
    followed.current = following;
    return () => following.stop();
  }, [client]);

  const attempt = useCallback(async <T>(work: Promise<T>, done: (result: T) => void): Promise<T | null> => {
    try {
      const result = await work;
      done(result);
      setProblem(null);
      return result;
    } catch (error) {
      setProblem(problemOf(error));
      return null;
    }
  }, []);

  const learn = useCallback((task: Task) => followed.current?.learn([task]), []);
  const add = useCallback((task: NewTask) => attempt(client.createTask(task), learn), [attempt, client, learn]);
  const complete = useCallback(
    async ({ id }: Task, completed = true) => void (await attempt(client.setCompleted(id, completed), learn)),
    [attempt, client, learn],
  );
  const remove = useCallback(
    async ({ id }: Task) => void (await attempt(client.deleteTask(id), () => followed.current?.forget([id]))),
    [attempt, client],
  );
  return { tasks, connection, problem, add, complete, remove };
}

/** Hands on what is not a problem of the API but a mistake in this program. */
function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  throw error;
}
