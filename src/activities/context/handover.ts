/** Hands results of other tasks to a model as data: a prepared `read_results` exchange within a size budget. Host side, pure. */
import type { Json } from '../../core/json.ts';
import { READ_RESULTS_TOOL } from '../../core/prompt-tags.ts';

/** A text that is handed over; it is untrusted, whoever wrote it. */
export interface Source {
  readonly task: string;
  readonly title: string;
  readonly status: string;
  readonly output: string;
}

const HANDOVER_ID = 'toolu_handover';
/** Characters that every source gets at least when there are many. */
const MIN_SHARE = 240;

/** The two messages of the exchange, as transcript contents; nothing when there is no source. */
export function handover(
  sources: readonly Source[],
  budgetChars: number,
): { role: 'assistant' | 'tool'; content: Json }[] {
  if (sources.length === 0) return [];
  const share = Math.max(MIN_SHARE, Math.floor(budgetChars / sources.length));
  const call = {
    type: 'tool_use',
    id: HANDOVER_ID,
    name: READ_RESULTS_TOOL,
    input: { tasks: sources.map((source) => source.task) },
  };
  const content = JSON.stringify(sources.map((source) => ({ ...source, output: clip(source.output, share) })));
  return [
    { role: 'assistant', content: { blocks: [call], stopReason: 'tool_use' } },
    { role: 'tool', content: { type: 'tool_result', tool_use_id: HANDOVER_ID, content } },
  ];
}

function clip(text: string, share: number): string {
  if (text.length <= share) return text;
  const head = Math.floor(share * 0.75);
  const tail = share - head;
  return `${text.slice(0, head)}\n[${text.length - share} of ${text.length} characters left out; ${READ_RESULTS_TOOL} returns them]\n${text.slice(-tail)}`;
}
