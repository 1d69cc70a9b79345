/**
 * What has to wait, in IndexedDB, so that it survives a reload and a closed tab. Each page keeps its own; what belongs to
 * a page that is gone (its lock is free) goes to the next page of the same user, so that nothing is sent by two.
 */
import { randomKey } from "taskbridge-auth/client";
import type { Pending } from "taskbridge-auth/live";
import type { Operation } from "./task-operations";

interface Kept {
  key: string;
  userId: string;
  page: string;
  at: number;
  operations: readonly Operation[];
}

const STORE = "pending";
const lockOf = (page: string) => `taskbridge:page:${page}`;

export function createPendingStore(userId: string) {
  const page = randomKey();
  let database: Promise<IDBDatabase> | null = null;
  let saving: Promise<unknown> = Promise.resolve();

  function open(): Promise<IDBDatabase> {
    database ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("taskbridge", 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("IndexedDB is not available."));
    });
    return database;
  }

  async function all(): Promise<Kept[]> {
    const request = (await open()).transaction(STORE).objectStore(STORE).getAll() as IDBRequest<Kept[]>;
    const kept = await new Promise<Kept[]>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("IndexedDB could not be read."));
    });
    return kept.filter((one) => one.userId === userId).sort((a, b) => a.at - b.at);
  }

  async function write(mine: readonly Pending<Operation>[]): Promise<void> {
    const before = (await all()).filter((one) => one.page === page);
    const transaction = (await open()).transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    const now = Date.now();
    mine.forEach(({ key, operations }, index) => store.put({ key, userId, page, at: before.find((one) => one.key === key)?.at ?? now + index / 1000, operations } satisfies Kept));
    for (const { key } of before) if (mine.every((one) => one.key !== key)) store.delete(key);
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB could not be written."));
    });
  }

  /** A browser that keeps nothing (a private window, a full disk) only loses what would survive a reload. */
  const tolerant = <T>(work: Promise<T>, otherwise: T): Promise<T> => work.catch(() => otherwise);

  return {
    /** In the order of the calls. */
    save(mine: readonly Pending<Operation>[]): void {
      saving = saving.then(() => tolerant(write(mine), undefined));
    },
    /** What pages that are gone have left. It belongs to this page from now on, as soon as it is saved. */
    async adopt(): Promise<Pending<Operation>[]> {
      // Without locks (no HTTPS) there is no telling which page is gone; then only one page should be open.
      const locks = navigator.locks as LockManager | undefined;
      void locks?.request(lockOf(page), () => new Promise(() => {}));
      const kept = await tolerant(all(), []);
      const gone = new Set<string>();
      for (const other of new Set(kept.map((one) => one.page))) {
        if (locks) await locks.request(lockOf(other), { ifAvailable: true }, (lock) => void (lock && gone.add(other)));
        else gone.add(other);
      }
      return kept.filter((one) => gone.has(one.page)).map(({ key, operations }) => ({ key, operations, waiting: true, kept: true }));
    },
  };
}
