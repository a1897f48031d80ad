/** Where a call or a submission stands, read off the lines that proxies carry, so that a fault can be aimed at the moment. Test kit, host side. */
import { callKey } from '../../core/contracts/ids.ts';
import { isGoalId } from '../../core/ids.ts';
import type { ProxiedConnection, TcpProxyOptions } from '../tcp-proxy.ts';
import type { Moment } from './fault-table.ts';

type Look = NonNullable<TcpProxyOptions['look']>;

/** A moment that came. What carries it is held, where it can be, until `release`; false: it is never delivered. */
export interface Sight {
  /** Key of the call, or id of the goal. */
  readonly key: string;
  readonly process: string;
  release(deliver: boolean): void;
}

export interface Sights {
  /** Waits for the next one, at one process or any; undefined when none came in time. */
  next(moment: Moment, from: { process?: string; timeoutMs: number }): Promise<Sight | undefined>;
  /** What proxies look with, each on the line of a process. */
  readonly looks: Readonly<Record<'store' | 'claude' | 'clientStore' | 'clientTemporal', (process: string) => Look>>;
}

/** Statements of the journal (src/store): one counts a request before it is sent, one records the answer. */
const COUNTS_REQUEST = /(?:enter|admit)_calls\(/;
const RECORDS_CALL = /record_calls\(/;
const STORES_GOAL = /insert into "orchestrator"\."goals"/;
const ASKS_CLAUDE = /^POST \/v1\/messages HTTP[\s\S]*?\r\nidempotency-key: (\S+)/i;
const STARTS_GOAL = /goal-([0-9a-z]{20})[\s\S]*goalWorkflow|goalWorkflow[\s\S]*goal-([0-9a-z]{20})/;
/** As far as the name of a statement can be from the beginning of what was sent. */
const NAME_BYTES = 2_000;

interface Waiting {
  readonly moment: Moment;
  readonly process: string | undefined;
  take(sight: Sight): void;
}

/** Sights of all processes of a run. */
export function createSights(): Sights {
  const waiting = new Set<Waiting>();
  const report = (moment: Moment, process: string, key: string | undefined): Promise<boolean> | true => {
    const taker = [...waiting].find((one) => one.moment === moment && (one.process ?? process) === process);
    if (taker === undefined || key === undefined) return true;
    waiting.delete(taker);
    return new Promise((release) => taker.take({ key, process, release }));
  };
  return {
    next: (moment, { process, timeoutMs }) =>
      new Promise((resolve) => {
        const done = (sight?: Sight): void => {
          clearTimeout(timer);
          waiting.delete(one);
          resolve(sight);
        };
        const one: Waiting = { moment, process, take: done };
        const timer = setTimeout(done, timeoutMs);
        waiting.add(one);
      }),
    looks: {
      store: (process) => lookAtCalls((moment, key) => report(moment, process, key)),
      clientStore: (process) => lookAtGoals((moment, key) => report(moment, process, key)),
      // A request is not held: the simulator has to have it.
      claude: (process) => (chunk, way) => {
        const [, key] = (way === 'up' && ASKS_CLAUDE.exec(chunk.toString('latin1'))) || [];
        if (key !== undefined) void report('in-flight', process, key);
        return true;
      },
      clientTemporal: (process) => lookAtStarts((moment, key) => report(moment, process, key)),
    },
  };
}

type Report = (moment: Moment, key: string | undefined) => Promise<boolean> | true;

/** A statement and its answer, on a connection that carries one at a time. */
function lookAtCalls(report: Report): Look {
  const answers = new Map<ProxiedConnection, { moment: Moment; key: string | undefined }>();
  return (chunk, way, connection) => {
    if (way === 'down') {
      const answer = answers.get(connection);
      answers.delete(connection);
      return answer === undefined ? true : report(answer.moment, answer.key);
    }
    const name = chunk.toString('latin1', 0, NAME_BYTES);
    if (COUNTS_REQUEST.test(name)) answers.set(connection, { moment: 'before-send', key: keyIn(chunk) });
    if (!RECORDS_CALL.test(name)) return true;
    const key = keyIn(chunk);
    answers.set(connection, { moment: 'after-commit', key });
    return report('before-commit', key);
  };
}

function lookAtGoals(report: Report): Look {
  const stored = new Map<ProxiedConnection, string | undefined>();
  return (chunk, way, connection) => {
    if (way === 'up') {
      if (STORES_GOAL.test(chunk.toString('latin1', 0, NAME_BYTES))) stored.set(connection, goalIn(chunk));
      return true;
    }
    const key = stored.get(connection);
    stored.delete(connection);
    return key === undefined ? true : report('stored', key);
  };
}

/** HTTP/2: the request's payload is readable, and the answer begins with a frame of headers. */
function lookAtStarts(report: Report): Look {
  const started = new Map<ProxiedConnection, string>();
  return (chunk, way, connection) => {
    if (way === 'up') {
      const [, before, after] = STARTS_GOAL.exec(chunk.toString('latin1')) ?? [];
      const goalId = before ?? after;
      if (goalId !== undefined) started.set(connection, goalId);
      return true;
    }
    const key = started.get(connection);
    if (key === undefined || !hasHeaders(chunk)) return true;
    started.delete(connection);
    return report('started', key);
  };
}

const FRAME_HEAD = 9;
const HEADERS = 1;

function hasHeaders(chunk: Buffer): boolean {
  for (let at = 0; at + FRAME_HEAD <= chunk.length; at += FRAME_HEAD + chunk.readUIntBE(at, 3)) {
    if (chunk[at + 3] === HEADERS) return true;
  }
  return false;
}

const GOAL_ID_BYTES = 20;
const GOAL_ID_LENGTH = Buffer.from([0, 0, 0, GOAL_ID_BYTES]);

/** The first goal id among a statement's parameters, each with its length before it. */
function goalIn(chunk: Buffer): string | undefined {
  for (let at = chunk.indexOf(GOAL_ID_LENGTH); at >= 0; at = chunk.indexOf(GOAL_ID_LENGTH, at + 1)) {
    const goalId = chunk.toString('latin1', at + 4, at + 4 + GOAL_ID_BYTES);
    if (isGoalId(goalId)) return goalId;
  }
  return undefined;
}

const CALL = /"goal":"([^"]+)","task":"([^"]+)","revision":(\d+),"turn":(\d+)/;

/** The first call that a statement is about: it has a list of calls, each with its key at the beginning. */
function keyIn(chunk: Buffer): string | undefined {
  const [, goalId, taskId, revision, turn] = CALL.exec(chunk.toString('latin1')) ?? [];
  if (goalId === undefined || taskId === undefined) return undefined;
  return callKey({ goalId, taskId, revision: Number(revision), turn: Number(turn) });
}
