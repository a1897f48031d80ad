/** The workflows of this build, as the worker bundles them. */
export { conversationWorkflow } from './conversation.ts';
export { goalWorkflow } from './goal.ts';
export { scheduledGoalWorkflow } from './scheduled-goal.ts';
