// What stays on the phone: `outbox` (entries that are not sent yet), `answers` (the server's last words, by path) and
// `settings`. A write has happened when its promise is kept: the transaction is on disk, whatever is killed next.
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("presensi", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "entry_id" });
      request.result.createObjectStore("answers");
      request.result.createObjectStore("settings");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer program in another tab goes first
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(store, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const get = (store, key) => run(store, "readonly", (held) => held.get(key));
export const all = (store) => run(store, "readonly", (held) => held.getAll());
export const put = (store, value, key) => run(store, "readwrite", (held) => held.put(value, key));
export const remove = (store, key) => run(store, "readwrite", (held) => held.delete(key));
export const clear = (store) => run(store, "readwrite", (held) => held.clear());

// In one transaction: `change` sees what is there and returns what is to be there, undefined for nothing.
export async function change(store, key, change) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    const held = transaction.objectStore(store);
    const request = held.get(key);
    request.onsuccess = () => {
      const next = change(request.result);
      if (next === undefined) held.delete(key);
      else held.put(next);
    };
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
