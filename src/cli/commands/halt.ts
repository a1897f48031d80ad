/** `orchestrator halt`: the kill switch. Host side. */
import type { HaltTarget } from '../../client/halt.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings, withClient } from '../settings.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';

/** Flags of `halt`. */
export interface HaltFlags {
  readonly all?: boolean;
  readonly tenant?: boolean;
  readonly reason?: string;
  readonly release?: boolean;
}

/** Halts a goal, the tenant or all; with `release` lets them go on; without any of them lists what is halted. */
export async function halt(context: CommandContext, goalId: string | undefined, flags: HaltFlags): Promise<number> {
  const { io, globals } = context;
  const target = targetOf(goalId, flags);
  return withClient(loadSettings(context), async (client) => {
    if (target === undefined) {
      const halts = await client.halts();
      const lines = halts.map(({ tenant, goalId: goal, by, reason, since }) =>
        safeLine(
          `${goal === '*' ? (tenant === '*' ? 'all' : `tenant ${tenant}`) : goal}: by ${by} at ${since}: ${reason}`,
        ),
      );
      const text = lines.length === 0 ? 'Nothing is halted.' : lines.join('\n');
      io.stdout.write(globals.json ? `${safeJson(halts, 2)}\n` : `${text}\n`);
    } else if (flags.release) {
      const goals = await client.release(target);
      const text = `Released; ${goals.length} ${goals.length === 1 ? 'goal goes' : 'goals go'} on.`;
      io.stdout.write(globals.json ? `${safeJson({ released: goals })}\n` : `${text}\n`);
    } else {
      await client.halt(target, { author: author(), reason: flags.reason ?? 'by hand' });
      const text = 'Halted: nothing is sent or run within two seconds. The same command with --release lets it go on.';
      io.stdout.write(globals.json ? `${safeJson({ halted: target })}\n` : `${text}\n`);
    }
    return EXIT.ok;
  });
}

/** One target at most; whoever gives a reason or releases means one. */
function targetOf(goalId: string | undefined, flags: HaltFlags): HaltTarget | undefined {
  const { all, tenant, reason, release } = flags;
  if (goalId !== undefined && (all || tenant))
    throw usage(`A goal is named, and ${all ? '--all' : '--tenant'} as well: it is not clear what is meant.`);
  if (all) return 'all';
  if (tenant) return 'tenant';
  if (goalId !== undefined) return { goalId };
  if (release || reason !== undefined) throw usage(`It is not said what is ${release ? 'released' : 'halted'}.`);
  return undefined;
}

function usage(message: string): OrchestratorError {
  return new OrchestratorError('usage.halt-target', message, {
    remedy: 'Give the id of a goal, or --tenant, or --all. `orchestrator halt` alone lists what is halted.',
  });
}
