/** Copies of the source tree with edits in its workflows, as another version would have them. Tests only. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '..', '..');

/** A text in a file of src/workflows and what stands there instead. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy with its workflows' entry; `remove` deletes it. */
export interface ChangedTree {
  readonly root: string;
  readonly workflows: string;
  remove(): void;
}

/** Copies src/ and makes the edits. Errors: when a text is not there, so that no edit is without effect. */
export function changedTree(...edits: readonly Edit[]): ChangedTree {
  const root = mkdtempSync(join(tmpdir(), 'orchestrator-changed-'));
  cpSync(join(ROOT, 'src'), join(root, 'src'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const { file, from, to } of edits) {
    const path = join(root, 'src', 'workflows', file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return {
    root,
    workflows: join(root, 'src', 'workflows', 'index.ts'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Bundles the workflows of a changed copy; gives the path of the bundle, which stays when the copy is removed. */
export async function changedBundle(folder: string, name: string, ...edits: readonly Edit[]): Promise<string> {
  const tree = changedTree(...edits);
  try {
    const logger = new DefaultLogger('ERROR');
    const { code } = await bundleWorkflowCode({ workflowsPath: tree.workflows, logger });
    const path = join(folder, `${name}.js`);
    writeFileSync(path, code);
    return path;
  } finally {
    tree.remove();
  }
}
