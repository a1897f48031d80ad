/** Carries a planned fault out at the moment it is aimed at, and ends it. Test kit, host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../tcp-proxy.ts';
import type { FaultKind } from './fault-table.ts';
import type { PlannedFault } from './schedule.ts';
import type { Sight } from './sights.ts';
import type { Actor, Stage } from './stage.ts';
import { sendSignal } from './supervise.ts';

/** A fault that was carried out. Times in epoch ms. */
export interface DoneFault extends PlannedFault {
  readonly number: number;
  /** Key of the call, or id of the goal, that was aimed at. */
  readonly key: string;
  /** The process whose call it was. */
  readonly process: string;
  readonly at: number;
  readonly endedAt: number;
}

/** How long one waits for the moment. */
const AIM_MS = 8_000;
/** A request on its way: it has reached the simulator, which takes 150 ms at least. */
const UNDER_WAY_MS = 60;
/** What still passes of a stream that is cut off. */
const CUT_OFF_AFTER_BYTES = 700;
const SLOW_MS = 250;

/** Aims and carries out; undefined when the moment did not come in time. `nextNumber` is asked when it came. */
export async function carryOut(
  stage: Stage,
  fault: PlannedFault,
  nextNumber: () => number,
): Promise<DoneFault | undefined> {
  const process = fault.lane === 'servers' ? undefined : fault.lane;
  const sight = await stage.sights.next(fault.moment, { process, timeoutMs: AIM_MS });
  if (sight === undefined) return undefined;
  try {
    if (fault.moment === 'in-flight') await sleep(UNDER_WAY_MS);
    const [at, number] = [Date.now(), nextNumber()];
    const actor = actorOf(stage, sight.process);
    await ACTS[fault.kind]({ stage, fault, sight, actor });
    const endedAt = Date.now();
    await actor.process.back();
    return { ...fault, number, key: sight.key, process: sight.process, at, endedAt };
  } finally {
    sight.release(true);
  }
}

interface Act {
  readonly stage: Stage;
  readonly fault: PlannedFault;
  readonly sight: Sight;
  readonly actor: Actor;
}

const ACTS: Readonly<Record<FaultKind, (act: Act) => Promise<void>>> = {
  'worker killed': killActor,
  'worker frozen': freeze,
  'client killed': killActor,
  'client line cut': (act) => disturb(act, act.actor.lines.temporal, cut),
  'Claude line cut': (act) => disturb(act, claudeLine(act), cut),
  'Claude line silent': (act) => disturb(act, claudeLine(act), (line) => line.blackHole()),
  'Claude line slow': (act) => disturb(act, claudeLine(act), (line) => line.delay(SLOW_MS)),
  'Claude answer cut off': (act) => disturb(act, claudeLine(act), (line) => line.truncate(CUT_OFF_AFTER_BYTES)),
  'store line cut': (act) => disturb(act, act.actor.lines.store, cut),
  'store line silent': (act) => disturb(act, act.actor.lines.store, (line) => line.blackHole()),
  'store line slow': (act) => disturb(act, act.actor.lines.store, (line) => line.delay(SLOW_MS)),
  'Temporal line cut': (act) => disturb(act, act.actor.lines.temporal, cut),
  'Temporal line silent': (act) => disturb(act, act.actor.lines.temporal, (line) => line.blackHole()),
  'Temporal line slow': (act) => disturb(act, act.actor.lines.temporal, (line) => line.delay(SLOW_MS)),
  async 'store killed'({ stage, sight }) {
    const killing = stage.store.kill();
    // Its own processes may live a moment longer than the server: they must not get the statement.
    sight.release(false);
    await killing;
    await stage.store.back();
  },
  async 'Temporal killed'({ stage, sight }) {
    const killing = stage.temporal.kill();
    sight.release(true);
    await killing;
    await stage.temporal.back();
  },
};

const cut = (line: TcpProxy): void => line.cut();

async function killActor({ actor, sight }: Act): Promise<void> {
  const killing = actor.process.kill();
  sight.release(false);
  await killing;
}

/** Stops the process and lets it go on. A commit under way is held as long: it comes after others have taken over. */
async function freeze({ actor, fault, sight }: Act): Promise<void> {
  const { pid } = actor.process.current;
  sendSignal(pid, 'SIGSTOP');
  if (fault.moment !== 'before-commit') sight.release(true);
  try {
    await sleep(fault.durationMs);
  } finally {
    sendSignal(pid, 'SIGCONT');
  }
}

async function disturb({ fault, sight }: Act, line: TcpProxy, how: (line: TcpProxy) => void): Promise<void> {
  how(line);
  sight.release(true);
  try {
    await sleep(fault.durationMs);
  } finally {
    line.heal();
  }
}

function claudeLine({ actor }: Act): TcpProxy {
  if (actor.lines.claude === undefined) throw new Error(`${actor.name} does not talk to Claude`);
  return actor.lines.claude;
}

function actorOf({ workers, client }: Stage, name: string): Actor {
  return workers.find((worker) => worker.name === name) ?? client;
}
