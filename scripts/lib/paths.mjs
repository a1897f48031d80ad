/** Where things are in a checkout. Scripts only. */
import { fileURLToPath } from 'node:url';

/** The checkout's root folder, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
/** Compiled sources and the workflow bundle. */
export const DIST = `${ROOT}/dist`;
/** The workflows of all worker roles as one script, for `workflowBundle: { codePath }`. */
export const BUNDLE = `${DIST}/workflow-bundle.js`;
