/** The workflows of this build, as the worker bundles them. */
export { goalWorkflow } from './goal.ts';
