/** The prompt cache of the simulator: real prefix matching over blocks, per model, with lifetimes; host side. */
import { createHash } from 'node:crypto';
import type { CacheTtl, PromptBlock } from './prompt-blocks.ts';

/** How far back from a breakpoint an older entry is looked for, in blocks. */
const LOOKBACK_BLOCKS = 20;
const TTL_MS: Readonly<Record<CacheTtl, number>> = { '5m': 300_000, '1h': 3_600_000 };
const MAX_ENTRIES = 20_000;

/** What a request reads from the cache and what it will write. Tokens. */
export interface CacheUse {
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly uncached: number;
  /** Makes the writes readable and renews what was read. Call when the response begins, as the API does. */
  commit(): void;
}

export interface PromptCache {
  look(model: string, blocks: readonly PromptBlock[]): CacheUse;
}

interface Entry {
  readonly ttl: CacheTtl;
  expiresAt: number;
}
interface Prefix {
  readonly hash: string;
  /** Tokens up to and including this block. */
  readonly tokens: number;
  readonly ttl?: CacheTtl;
}

function prefixes(model: string, blocks: readonly PromptBlock[]): Prefix[] {
  let hash = model;
  let tokens = 0;
  return blocks.map((block) => {
    hash = createHash('sha256').update(hash).update('\0').update(block.identity).digest('base64');
    tokens += block.tokens;
    return { hash, tokens, ttl: block.ttl };
  });
}

/** Index of the longest cached prefix that a breakpoint reaches, or -1. */
function findHit(chain: readonly Prefix[], marks: readonly number[], isLive: (hash: string) => boolean): number {
  for (const mark of [...marks].reverse()) {
    for (let at = mark; at >= 0 && at > mark - LOOKBACK_BLOCKS; at -= 1) {
      const prefix = chain[at];
      if (prefix && isLive(prefix.hash)) return at;
    }
  }
  return -1;
}

function split(chain: readonly Prefix[], marks: readonly number[], hit: number) {
  const tokensAt = (index: number): number => chain[index]?.tokens ?? 0;
  const read = tokensAt(hit);
  const lastLong = marks.filter((mark) => chain[mark]?.ttl === '1h').at(-1) ?? -1;
  const longEnd = Math.max(read, tokensAt(lastLong));
  const end = Math.max(longEnd, tokensAt(marks.at(-1) ?? -1));
  return { read, write1h: longEnd - read, write5m: end - longEnd, uncached: tokensAt(chain.length - 1) - end };
}

/** An empty cache. Prefixes below `minTokens` are never cached. `now` gives ms. */
export function createPromptCache(minTokens: number, now: () => number): PromptCache {
  const entries = new Map<string, Entry>();
  const isLive = (hash: string): boolean => (entries.get(hash)?.expiresAt ?? 0) > now();

  const touch = (prefix: Prefix): void => {
    const ttl = prefix.ttl ?? entries.get(prefix.hash)?.ttl ?? '5m';
    entries.delete(prefix.hash);
    entries.set(prefix.hash, { ttl, expiresAt: now() + TTL_MS[ttl] });
    const oldest = entries.keys().next().value;
    if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
  };

  return {
    look(model, blocks) {
      const chain = prefixes(model, blocks);
      const marks = chain.flatMap((prefix, index) => (prefix.ttl && prefix.tokens >= minTokens ? [index] : []));
      const hit = findHit(chain, marks, isLive);
      const touched = chain.filter((_prefix, index) => index === hit || marks.includes(index));
      return { ...split(chain, marks, hit), commit: () => touched.forEach(touch) };
    },
  };
}
