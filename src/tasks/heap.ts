/** A binary heap: push and pop in O(log n), ordered by a given comparison. Sandbox-safe. */

export interface Heap<T> {
  push(item: T): void;
  /** Takes the first item out; undefined when there is none. */
  pop(): T | undefined;
}

/** An empty heap. `before` must be a strict total order for the result not to depend on the order of pushes. */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  return {
    push(item) {
      items.push(item);
      siftUp(items, before);
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) siftDown(items, last, before);
      return first;
    },
  };
}

function siftUp<T>(items: T[], before: (a: T, b: T) => boolean): void {
  let at = items.length - 1;
  const item = items[at] as T;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = items[above] as T;
    if (!before(item, parent)) break;
    items[at] = parent;
    at = above;
  }
  items[at] = item;
}

/** Puts `item` at the root's place and lets it sink. */
function siftDown<T>(items: T[], item: T, before: (a: T, b: T) => boolean): void {
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= items.length) break;
    if (below + 1 < items.length && before(items[below + 1] as T, items[below] as T)) below++;
    const child = items[below] as T;
    if (!before(child, item)) break;
    items[at] = child;
    at = below;
  }
  items[at] = item;
}
