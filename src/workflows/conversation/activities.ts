/** Activity proxies of conversations. Workflow side. */
import { proxyLocalActivities } from '@temporalio/workflow';
import type { ConversationActivities } from '../../core/contracts/conversation.ts';
import { local } from '../goal/activities.ts';

/** Short work on the store; each can be repeated. */
export const chatActivities = proxyLocalActivities<ConversationActivities>({ ...local, startToCloseTimeout: '60s' });
