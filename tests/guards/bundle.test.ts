import { join } from 'node:path';
import { bundleWorkflows } from '../../scripts/lib/bundle-workflows.mjs';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { bundleBreaches } from './rules/bundle.ts';
import { ROOT, readText } from './support/source-file.ts';

const fixture = (name: string) => bundleWorkflows(join(ROOT, 'tests/guards/fixtures', name));

describe('bundle guard', () => {
  let empty: string;
  beforeAll(async () => {
    empty = await fixture('empty-workflow.ts');
  });

  it('a bundle 151 kB over an empty one → refused; 149 kB → accepted', () => {
    const padded = (kilobytes: number) => `${'x'.repeat(kilobytes * 1024)}${empty}`;
    expect(bundleBreaches(padded(151), empty)).toEqual([expect.stringMatching(/over an empty one/)]);
    expect(bundleBreaches(padded(149), empty)).toEqual([]);
  });

  it('a workflow that imports zod and an activity as values → refused for size, zod and process.env', async () => {
    expect(bundleBreaches(await fixture('offending-workflow.ts'), empty)).toEqual([
      expect.stringMatching(/over an empty one/),
      'bundle: contains zod',
      'bundle: reads process.env, as activities do',
    ]);
  });

  it('our workflows: small, without zod, without activity bodies', async () => {
    await ensureBuilt();
    const ours = readText('dist/workflow-bundle.js');
    expect(ours).toContain('goalWorkflow');
    expect(bundleBreaches(ours, empty)).toEqual([]);
  });
});
