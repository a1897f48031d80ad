/** The ways a followed goal is shown: drawn live, line by line, or as JSON lines. Host side. */
import type { GoalEvent } from '../../core/events.ts';
import type { GoalDetail } from '../../core/goal.ts';
import type { CliIo } from '../io.ts';
import { awaitingHint } from '../view/awaiting-hint.ts';
import { applyDetail, applyEvent, emptyPicture } from '../view/goal-view.ts';
import type { Paint } from '../view/paint.ts';
import { plainLine } from '../view/plain-line.ts';
import { renderGraph } from '../view/render-graph.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';
import { createScreen, startFrames } from '../view/screen.ts';
import { type Selectors, withTyped } from '../view/typed.ts';

/** Shows what happens to one goal. */
export interface Viewer {
  /** True when `detail` should be given from time to time. */
  readonly wantsDetail: boolean;
  event(event: GoalEvent): void;
  detail(detail: GoalDetail): void;
  note(text: string): void;
  /** Stops drawing, e.g. for a question; `resume` goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** One line per event on stderr. */
export function plainViewer(io: CliIo, selectors: Selectors = {}): Viewer {
  return {
    ...still,
    event: (event) => {
      const line = plainLine(event);
      if (line !== undefined) io.stderr.write(`${line}\n`);
      const hint = awaitingHint(event);
      if (hint !== undefined) io.stderr.write(`${withTyped(hint, selectors)}\n`);
    },
    note: (text) => io.stderr.write(`${withTyped(safeLine(text), selectors)}\n`),
  };
}

/** One JSON object per event on stdout, live text included. */
export function jsonViewer(io: CliIo): Viewer {
  return {
    ...still,
    event: (event) => io.stdout.write(`${safeJson({ event })}\n`),
    note: (text) => io.stderr.write(`${safeLine(text)}\n`),
  };
}

const still = {
  wantsDetail: false,
  detail: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
};

/** How a goal is drawn. */
export interface LiveLook {
  readonly paint: Paint;
  readonly selectors?: Selectors;
}

/** The task graph, redrawn in place at most ten times a second. */
export function liveViewer(io: CliIo, goalId: string, { paint, selectors = {} }: LiveLook): Viewer {
  const screen = createScreen((text) => io.stderr.write(text));
  let picture = emptyPicture(goalId);
  const draw = (tick: number): void => {
    const { columns = 80, rows = 24 } = io.stderr;
    const notes = picture.notes.map((note) => withTyped(note, selectors));
    screen.draw(renderGraph({ ...picture, notes }, { columns, rows, nowMs: Date.now(), tick, paint }));
  };
  let frames: { stop(): void } | undefined = startFrames(draw);
  const pause = (): void => {
    frames?.stop();
    if (frames) screen.clear();
    frames = undefined;
  };
  return {
    wantsDetail: true,
    event: (event) => {
      picture = applyEvent(picture, event);
    },
    detail: (detail) => {
      picture = applyDetail(picture, detail);
    },
    note: (text) => {
      picture = { ...picture, notes: [...picture.notes, safeLine(text)].slice(-3) };
    },
    pause,
    resume: () => {
      frames ??= startFrames(draw);
    },
    close: pause,
  };
}
