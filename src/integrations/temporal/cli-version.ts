/** What a `temporal` binary is, and what is known against it. Host side. */
import { runCommand } from './run-command.ts';

/** Versions as `temporal --version` tells them; `server` is that of the built-in dev server. */
export interface TemporalCliVersion {
  readonly cli: string;
  readonly server: string;
}

/** Asks the binary; the reason as text when it is none or does not answer within 15 s. */
export async function readTemporalCliVersion(
  cliPath: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<TemporalCliVersion | string> {
  const { code, output, timedOut } = await runCommand(cliPath, ['--version'], { env, timeoutMs: 15_000 });
  if (timedOut) return 'it does not answer `--version` within 15 s';
  const [, cli, server] = /temporal version (\S+) \(Server ([^,)\s]+)/i.exec(output) ?? [];
  if (code === 0 && cli && server) return { cli, server };
  return code === 0 ? 'it is not the Temporal CLI' : `it does not run: ${lastLine(output) || `exit code ${code}`}`;
}

/** Last line of a program's output that says something, cut to 300 characters. */
export function lastLine(output: string): string {
  return (output.trim().split('\n').at(-1) ?? '').trim().slice(0, 300);
}

/**
 * A warning about a Temporal server of this version ("1.29.1"), or undefined when none is known.
 * CVE-2026-5724 (authentication bypass on a streaming endpoint) is fixed in 1.28.4, 1.29.6 and 1.30.4.
 */
export function temporalSecurityNote(version: string): string | undefined {
  const [major, minor, patch] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  if (major === undefined || minor === undefined || patch === undefined || [major, minor, patch].some(Number.isNaN)) {
    return `The Temporal server's version "${version}" is not known; CVE-2026-5724 is fixed in 1.28.4, 1.29.6 and 1.30.4.`;
  }
  const firstFixed = { 28: 4, 29: 6, 30: 4 }[minor] ?? (minor < 28 ? Number.POSITIVE_INFINITY : 0);
  if (major > 1 || patch >= firstFixed) return undefined;
  return (
    `Temporal server ${version} has CVE-2026-5724 (authentication bypass on a streaming endpoint; fixed in 1.28.4, ` +
    '1.29.6 and 1.30.4). It is fit for development on this machine only: never open its port to a network.'
  );
}
