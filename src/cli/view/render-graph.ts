/** The live task graph as lines that fit the terminal. Pure. */
import { pseudoTask } from '../../core/contracts/ids.ts';
import { formatClock, formatDuration, formatUsd, plural } from './format.ts';
import type { GoalPicture, TaskPicture } from './goal-view.ts';
import type { Format, Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { choose, type GraphLine, ordered } from './visible-tasks.ts';
import { cut, displayWidth, fitTo, wrap } from './width.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Lines of streamed text at most. */
const STREAM_LINES = 5;

/** How a state looks. */
const LOOKS: Readonly<Record<string, { glyph: string; format: Format }>> = {
  waiting: { glyph: '○', format: 'dim' },
  ready: { glyph: '◌', format: 'cyan' },
  running: { glyph: '●', format: 'blue' },
  checking: { glyph: '◆', format: 'magenta' },
  done: { glyph: '✔', format: 'green' },
  failed: { glyph: '✖', format: 'red' },
  skipped: { glyph: '⊘', format: 'yellow' },
  cancelled: { glyph: '■', format: 'yellow' },
};

/** Terminal size, time, spinner frame and colours of one drawing. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly tick: number;
  readonly paint: Paint;
}

/** At most `rows - 1` lines of at most `columns - 1` columns each. */
export function renderGraph(picture: GoalPicture, frame: Frame): string[] {
  const width = Math.max(4, frame.columns - 1);
  const height = Math.max(1, frame.rows - 1);
  const head = headLines(picture, frame, width);
  const notes = picture.notes.flatMap((note) => noteLines(note, width)).map((line) => frame.paint('yellow', line));
  const streamRoom = Math.min(STREAM_LINES + 1, Math.max(0, height - head.length - notes.length - 4));
  const streams = streamLines(picture, frame, { width, room: streamRoom });
  const room = height - head.length - notes.length - streams.length;
  const lines = choose(ordered(picture.tasks), Math.max(1, room));
  const shape = columnsOf(picture.tasks, width);
  const tasks = lines.map((line) => graphLine(line, frame, shape));
  return [...head, ...tasks, ...notes, ...streams].slice(0, height);
}

/** One line, unless it holds a command, of which nothing may be missing. */
function noteLines(note: string, width: number): string[] {
  return note.includes('`orchestrator ') ? wrap(`! ${note}`, width) : [cut(`! ${note}`, width)];
}

function headLines(picture: GoalPicture, frame: Frame, width: number): string[] {
  const { paint } = frame;
  const done = picture.tasks.filter((task) => task.status === 'done').length;
  const elapsed = picture.startedAtMs === null ? 0 : (picture.endedAtMs ?? frame.nowMs) - picture.startedAtMs;
  const facts = [
    picture.status,
    ...(picture.awaiting ? [`waits for ${picture.awaiting}`] : []),
    ...batchFact(picture),
    ...(picture.tasks.length > 0 ? [`${done}/${picture.tasks.length} tasks`] : []),
    formatClock(elapsed),
    formatUsd(picture.costMicroUsd) + (picture.budgetMicroUsd ? ` of ${formatUsd(picture.budgetMicroUsd)}` : ''),
    ...(picture.simulated ? ['SIMULATED'] : []),
  ].join(' · ');
  const spinner = picture.endedAtMs === null ? `${SPINNER[frame.tick % SPINNER.length]} ` : '';
  const title = picture.title || `goal ${picture.goalId}`;
  return [paint('bold', cut(title, width)), paint('cyan', cut(`${spinner}${facts}`, width))];
}

function batchFact({ batches, endedAtMs }: GoalPicture): string[] {
  const calls = [...batches.values()].reduce((sum, each) => sum + each, 0);
  if (calls === 0 || endedAtMs !== null) return [];
  return [`waiting for ${batches.size === 1 ? 'a batch' : `${batches.size} batches`} (${plural(calls, 'call')})`];
}

/** Widths of the columns of a task line. */
interface Shape {
  readonly width: number;
  readonly id: number;
  readonly agent: number;
}

function columnsOf(tasks: readonly TaskPicture[], width: number): Shape {
  const widest = (pick: (task: TaskPicture) => string): number =>
    Math.max(0, ...tasks.map((task) => displayWidth(pick(task))));
  const id = Math.min(
    widest((task) => gutter(task) + task.id),
    Math.max(8, Math.floor(width * 0.4)),
  );
  return {
    width,
    id,
    agent: Math.min(
      widest((task) => task.agent),
      14,
    ),
  };
}

function gutter(task: TaskPicture): string {
  return task.layer === 0 ? '' : `${'  '.repeat(Math.min(task.layer, 6) - 1)}└ `;
}

function graphLine(line: GraphLine, frame: Frame, shape: Shape): string {
  if (line.kind === 'hidden') return frame.paint('dim', cut(`  … ${line.text}`, shape.width));
  const { task } = line;
  const look = LOOKS[task.status] ?? { glyph: '?', format: 'dim' as const };
  const running = task.status === 'running' || task.status === 'checking';
  const glyph = running ? (SPINNER[frame.tick % SPINNER.length] ?? look.glyph) : look.glyph;
  const clock = timeOf(task, frame.nowMs);
  const cost = task.costMicroUsd > 0 ? formatUsd(task.costMicroUsd) : '';
  const left = `${fitTo(gutter(task) + task.id, shape.id)}  ${fitTo(task.agent, shape.agent)} ${clock.padStart(7)} ${cost.padStart(8)}`;
  const extra = [
    ...(running || task.status === 'failed' || task.status === 'skipped' ? [task.status] : []),
    ...(task.revision > 0 ? [`attempt ${task.revision + 1}`] : []),
    ...(task.dependsOn.length > 0 ? [`← ${task.dependsOn.join(', ')}`] : []),
  ].join(' · ');
  const body = cut(extra ? `${left}  ${extra}` : left.trimEnd(), shape.width - 2);
  return `${frame.paint(look.format, glyph)} ${task.status === 'waiting' ? frame.paint('dim', body) : body}`;
}

/** Seconds while it runs, exact when it has ended. */
function timeOf({ startedAtMs, endedAtMs }: TaskPicture, nowMs: number): string {
  if (startedAtMs === null) return '';
  return endedAtMs === null ? formatClock(nowMs - startedAtMs) : formatDuration(endedAtMs - startedAtMs);
}

function streamLines(picture: GoalPicture, frame: Frame, area: { width: number; room: number }): string[] {
  // What is left of the plan's text says nothing any more once there are tasks.
  const streams = [...picture.streams].filter(([key]) => key !== pseudoTask.plan || picture.tasks.length === 0);
  const last = streams.at(-1);
  if (!last || area.room < 2 || picture.endedAtMs !== null) return [];
  const [key, stream] = last;
  const others = streams.length - 1;
  const head = `─ ${safeLine(key).replace(/^_/, '')}${others > 0 ? ` (and ${others} more)` : ''} `;
  const lines = wrap(stream, area.width - 2).filter((line) => line.trim() !== '');
  const tail = lines.slice(-(area.room - 1));
  return [
    frame.paint('dim', cut(head + '─'.repeat(Math.max(0, area.width - displayWidth(head))), area.width)),
    ...tail.map((line) => frame.paint('dim', cut(`  ${line}`, area.width))),
  ];
}
