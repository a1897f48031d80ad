/** A `temporal` binary for tests, fetched or built once into the user's cache folder. Scripts only; needs dist/. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from './paths.mjs';
import { say } from './progress.mjs';

/**
 * Finds the Temporal CLI the way the product does, and says what it does while that takes time.
 * @returns {Promise<string>} the binary's path
 */
export async function ensureTemporal() {
  const module = pathToFileURL(join(DIST, 'integrations/temporal/locate-temporal-cli.js')).href;
  const { locateTemporalCli } = await import(module);
  const cliPath = process.env.TEMPORAL_CLI_PATH;
  return locateTemporalCli({ ...(cliPath ? { cliPath } : {}), onProgress: say });
}
