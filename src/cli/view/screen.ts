/** Draws lines over the ones drawn before, at most ten times a second. Host side. */

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[0J';
/** Shortest time between two drawings. */
const FRAME_MS = 100;

/** A live area at the bottom of a terminal. */
export interface Screen {
  /** Draws now, in place of what stood there. */
  draw(lines: readonly string[]): void;
  /** Takes the area away and gives the cursor back. */
  clear(): void;
}

/** A live area on `write`. */
export function createScreen(write: (text: string) => void): Screen {
  let height = 0;
  const up = (): string => (height > 0 ? `\u001b[${height}A\r` : '\r');
  return {
    draw(lines) {
      const body = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
      write(`${height === 0 ? HIDE_CURSOR : ''}${up()}${body}${CLEAR_BELOW}`);
      height = lines.length;
    },
    clear() {
      write(`${up()}${CLEAR_BELOW}${SHOW_CURSOR}`);
      height = 0;
    },
  };
}

/** Calls `draw` every 100 ms until stopped. */
export function startFrames(draw: (tick: number) => void): { stop(): void } {
  let tick = 0;
  draw(tick);
  const timer = setInterval(() => draw(++tick), FRAME_MS);
  return { stop: () => clearInterval(timer) };
}
