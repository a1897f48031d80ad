/** Money, durations and tokens as people read them. Pure. */

/** `$0.0312`, `$1.23`: four decimals below a dollar. */
export function formatUsd(microUsd: number): string {
  const usd = microUsd / 1_000_000;
  return usd !== 0 && Math.abs(usd) < 1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

/** `0:07`, `12:45`, `1:02:03`. */
export function formatClock(durationMs: number): string {
  const total = Math.max(0, Math.floor(durationMs / 1_000));
  const [hours, minutes, seconds] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  const tail = String(seconds).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** `950 ms`, `3.2 s`, `12:45`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  return durationMs < 60_000 ? `${(durationMs / 1_000).toFixed(1)} s` : formatClock(durationMs);
}

/** `950`, `12.3k`, `1.2M`. */
export function formatCount(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `1 task`, `2 tasks`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Time of day in UTC of an ISO 8601 time: `12:03:04Z`. */
export function timeOfDay(iso: string): string {
  return /T(\d\d:\d\d:\d\d)/.exec(iso)?.[1]?.concat('Z') ?? iso;
}
