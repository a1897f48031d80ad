/** Colours, or none: decided once per stream. Host side. */
import { styleText } from 'node:util';

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta';
/** Colours a text, or gives it back as it is. */
export type Paint = (format: Format | readonly Format[], text: string) => string;

/** A painter that paints, or one that does not. */
export function createPaint(enabled: boolean): Paint {
  if (!enabled) return (_format, text) => text;
  return (format, text) => {
    const formats: readonly Format[] = typeof format === 'string' ? [format] : format;
    return formats.reduce((painted, each) => styleText(each, painted, { validateStream: false }), text);
  };
}

/** Whether a stream gets colours: `--no-color` and NO_COLOR say no, FORCE_COLOR says yes, else a terminal does. */
export function wantsColour(options: {
  isTty: boolean;
  env: Readonly<Record<string, string | undefined>>;
  noColour?: boolean;
}): boolean {
  const { env } = options;
  if (options.noColour || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0';
  return options.isTty && env.TERM !== 'dumb';
}
