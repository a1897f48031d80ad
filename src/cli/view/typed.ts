/** Commands that are printed for people to type: with the flags that chose the instance here, so that they find it again. Pure. */
import type { GlobalOptions } from '../context.ts';

/** The global options that choose configuration, folder and instance. */
export type Selectors = Pick<GlobalOptions, 'config' | 'dataDir' | 'simulate'>;

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `orchestrator <command>` with the flags it lacks; one that only shows help needs none. */
export function typed(command: string, { config, dataDir, simulate }: Selectors): string {
  const flags = [
    ['--simulate', simulate ? '' : undefined],
    ['--config', config],
    ['--data-dir', dataDir],
  ] as const;
  const words = command.split(' ');
  const lacking = flags.flatMap(([flag, value]) => {
    if (value === undefined || words.includes(flag) || words.includes('--help')) return [];
    return value === '' ? [flag] : [flag, quoted(value)];
  });
  return ['orchestrator', command, ...lacking].join(' ');
}

/** The text with its commands, which stand in backticks, as `typed` has them. */
export function withTyped(text: string, selectors: Selectors): string {
  return text.replace(/`orchestrator ([^`\n]+)`/g, (_, command: string) => `\`${typed(command, selectors)}\``);
}
