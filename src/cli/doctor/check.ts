/** One finding of `doctor`, and how findings are made. Host side. */
import { OrchestratorError } from '../../core/failures.ts';

/** `warn`: it works, but should be known; `fail`: it will not work. */
export interface Finding {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy?: string;
}

export const ok = (name: string, detail: string): Finding => ({ name, level: 'ok', detail });
export const warn = (name: string, detail: string, remedy: string): Finding => ({
  name,
  level: 'warn',
  detail,
  remedy,
});
export const fail = (name: string, detail: string, remedy: string): Finding => ({
  name,
  level: 'fail',
  detail,
  remedy,
});

/** Runs a check; an error is a failed finding with the error's own remedy. */
export async function finding(name: string, check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return failed(name, error);
  }
}

/** Like `finding`, for a check with any number of them. */
export async function findings(name: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [failed(name, error)];
  }
}

function failed(name: string, error: unknown): Finding {
  if (error instanceof OrchestratorError) return fail(name, error.message, error.remedy);
  return fail(name, error instanceof Error ? error.message : String(error), 'Run it again with --debug and report it.');
}
