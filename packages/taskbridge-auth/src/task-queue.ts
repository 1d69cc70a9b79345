/**
 * What was done here and is not yet done on the server. What is shown is the server's tasks with these operations on top;
 * so taking one back is dropping it, whatever has come from the server meanwhile.
 *
 * Operations on different tasks are sent side by side, those on one task in their order.
 */

/** One or several operations that are sent as one request. */
export interface Pending<O> {
  /** Names it, and is the idempotency key of the request. */
  key: string;
  operations: readonly O[];
  /** There is no connection: it is sent when there is one again. */
  waiting: boolean;
  /** It has had to wait once, so nothing but the queue remembers it any more. */
  kept: boolean;
}

export interface TaskQueueOptions<O, R> {
  /** Sends it, and takes in the answer. */
  send: (pending: Pending<O>) => Promise<R>;
  /** Whether this failure means: later, when the connection is back. */
  mustWait: (error: unknown) => boolean;
  /** The tasks that an operation is about. */
  idsOf: (operation: O) => readonly number[];
  /** What became of something that had to wait, which its caller no longer waits for. Without an error it was done. */
  onLate: (pending: Pending<O>, error?: unknown) => void;
  /** An operation on the same task that was made on top of one that is done now. */
  rebase?: (operation: O, done: R) => O;
  /** Told of each change, to keep what must survive this page. */
  onChange?: (pending: readonly Pending<O>[]) => void;
}

export type TaskQueue<O, R> = ReturnType<typeof createTaskQueue<O, R>>;

interface Caller<R> {
  resolve: (done: R | null) => void;
  reject: (error: unknown) => void;
}

export function createTaskQueue<O, R>({ send, mustWait, idsOf, onLate, rebase, onChange }: TaskQueueOptions<O, R>) {
  let all: readonly Pending<O>[] = [];
  const sending = new Set<string>();
  const callers = new Map<string, Caller<R>>();
  const listeners = new Set<() => void>();

  function set(next: readonly Pending<O>[]): void {
    all = next;
    onChange?.(all);
    for (const listener of listeners) listener();
  }

  const remove = (key: string) => set(all.filter((one) => one.key !== key));
  const mark = (key: string) => set(all.map((one) => (one.key === key ? { ...one, waiting: true, kept: true } : one)));
  const idsIn = ({ operations }: Pending<O>) => operations.flatMap((operation) => idsOf(operation));

  function pump(): void {
    const taken = new Set<number>();
    const stuck = new Set<number>();
    for (const pending of all) {
      const ids = idsIn(pending);
      // What comes after something that waits waits as well.
      const waits = pending.waiting || ids.some((id) => stuck.has(id));
      const free = ids.every((id) => !taken.has(id));
      for (const id of ids) (waits ? stuck : taken).add(id);
      if (waits && !pending.waiting) park(pending.key);
      else if (!waits && free && !sending.has(pending.key)) void attempt(pending);
    }
  }

  /** The caller goes on; what becomes of it later is told to `onLate`. */
  function park(key: string): void {
    callers.get(key)?.resolve(null);
    callers.delete(key);
    mark(key);
  }

  async function attempt(pending: Pending<O>): Promise<void> {
    const { key } = pending;
    sending.add(key);
    try {
      const done = await send(pending);
      if (rebase) all = all.map((one) => (one.key === key ? one : { ...one, operations: one.operations.map((operation) => rebase(operation, done)) }));
      const caller = finish(key);
      if (caller) caller.resolve(done);
      else onLate(pending);
    } catch (error) {
      if (mustWait(error)) {
        sending.delete(key);
        park(key);
        return pump();
      }
      const caller = finish(key);
      if (caller) caller.reject(error);
      else onLate(pending, error);
    }
    pump();
  }

  /** It is no longer pending. Returns who waits for it. */
  function finish(key: string): Caller<R> | undefined {
    const caller = callers.get(key);
    sending.delete(key);
    callers.delete(key);
    remove(key);
    return caller;
  }

  return {
    /** Resolves with what `send` did, or with null when it has to wait; rejects when it was refused. */
    add: (operations: readonly O[], key: string): Promise<R | null> =>
      new Promise((resolve, reject) => {
        callers.set(key, { resolve, reject });
        set([...all, { key, operations, waiting: false, kept: false }]);
        pump();
      }),
    /** What an earlier page could not send. */
    adopt(kept: readonly Pending<O>[]): void {
      set([...kept.filter(({ key }) => all.every((one) => one.key !== key)), ...all]);
    },
    /** Puts other operations in the place of those that wait. A key stands for one content, so they have a new one. */
    amend: (key: string, operations: readonly O[], newKey: string): void => set(all.map((one) => (one.key === key ? { ...one, operations, key: newKey } : one))),
    /** Takes back what has not been sent. */
    drop: (key: string): void => remove(key),
    /** The connection is back. */
    resume(): void {
      if (all.some(({ waiting }) => waiting)) set(all.map((one) => ({ ...one, waiting: false })));
      pump();
    },
    pending: (): readonly Pending<O>[] => all,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
