/** Values of flags and arguments as people type them: nothing is coerced. Pure. */
import { InvalidArgumentError } from 'commander';

/** No coercion: `0x10`, ` 7` and `1e3` are refused. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** How many rows a list may have. */
export function rowLimit(text: string): number {
  const rows = wholeNumber(text);
  if (rows < 1 || rows > 1_000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return rows;
}

/** A decimal number; its size is checked at the door. */
export function usd(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('It must be a number of USD, e.g. 2.50.');
  return Number(text);
}

/** For flags that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** As `collect`, for `name=value`. */
export function collectPair(value: string, before: readonly string[] = []): string[] {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError('It must be a name, = and a value.');
  return [...before, value];
}

/** Of the options of a command, global ones included, those that are its own. */
export function own(options: Record<string, never>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}
