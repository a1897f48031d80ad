/** Acceptance criteria as prompts show them, numbered from 1. Pure and sandbox-safe. */
import { PROMPT_TAGS } from '../core/prompt-tags.ts';
import { escapeXml } from './xml.ts';

/** The block of criteria; empty text when there are none. */
export function criteriaBlock(criteria: readonly string[]): string {
  if (criteria.length === 0) return '';
  const tag = PROMPT_TAGS.criterion;
  const lines = criteria.map((criterion, i) => `<${tag} number="${i + 1}">${escapeXml(criterion)}</${tag}>`);
  return [`<${PROMPT_TAGS.criteria}>`, ...lines, `</${PROMPT_TAGS.criteria}>`].join('\n');
}
