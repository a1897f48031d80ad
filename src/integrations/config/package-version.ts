/** The version of this package. Host side. */
import { readFile } from 'node:fs/promises';

/** `version` of package.json: three levels up from `src/integrations/config` as from `dist/integrations/config`. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
