/** Keeps what goes to the model small: long tool outputs are stored whole and shown by head and tail. Host side. */
import type { Store } from '../store/store.ts';

/** Characters of one tool result that the model gets. */
const MAX_CHARS = 60_000;
const HEAD = 40_000;
const TAIL = 15_000;

/** `text` itself when it is short, else its head and tail with a note; the whole is then a blob of the store. */
export async function clipOutput(store: Pick<Store, 'blobs'>, tenant: string, text: string): Promise<string> {
  if (text.length <= MAX_CHARS) return text;
  const blob = await store.blobs.put(tenant, Buffer.from(text, 'utf8'));
  const cut = text.length - HEAD - TAIL;
  return `${text.slice(0, HEAD)}\n[${cut} characters left out; the whole is kept as ${blob.hash.slice(0, 12)}]\n${text.slice(-TAIL)}`;
}
