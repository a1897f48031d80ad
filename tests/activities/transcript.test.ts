/** Stored entries become messages the API takes, whatever the model answered. */
import { currentConversation, toMessages } from '../../src/activities/context/transcript.ts';
import type { Json } from '../../src/core/json.ts';
import type { TranscriptEntry } from '../../src/store/store.ts';
import { toolResultPosition, assistantPosition as turnPosition } from '../../src/store/transcript-position.ts';

const user = (text: string, position = 0, revision = 0): TranscriptEntry => ({
  revision,
  position,
  role: 'user',
  content: text,
});
const turn = (number: number, blocks: Json[], stopReason = 'tool_use'): TranscriptEntry => ({
  revision: 0,
  position: turnPosition(number),
  role: 'assistant',
  content: { blocks, stopReason },
});
const result = (index: number, id: string, isError = false): TranscriptEntry => ({
  revision: 0,
  position: toolResultPosition(1, index),
  role: 'tool',
  content: { type: 'tool_result', tool_use_id: id, content: `output of ${id}`, is_error: isError },
});
const call = (id: string, name = 'list_files', input: Json = {}): Json => ({ type: 'tool_use', id, name, input });
const say = (text: string): Json => ({ type: 'text', text });
const submission = { status: 'done', summary: 's', output: 'o', evidence: [] };

/** The messages in short: role and what each block is. */
function shape(entries: readonly TranscriptEntry[]) {
  return toMessages(entries).map(({ role, content }) => [
    role,
    ...(typeof content === 'string' ? [content] : content).map((block) => {
      if (typeof block === 'string') return block;
      if (block.type === 'text') return block.text;
      if (block.type === 'tool_result')
        return `${block.is_error ? 'error' : 'ok'}:${block.tool_use_id}:${String(block.content)}`;
      return block.type === 'tool_use' ? `call:${block.id}` : block.type;
    }),
  ]);
}

describe('toMessages', () => {
  it('tool calls with results → each answered in the order of the calls', () => {
    expect(shape([user('task'), turn(1, [call('a'), call('b')]), result(1, 'b'), result(0, 'a')])).toEqual([
      ['user', 'task'],
      ['assistant', 'call:a', 'call:b'],
      ['user', 'ok:a:output of a', 'ok:b:output of b'],
    ]);
  });

  it('a call of a tool that is not open → an error result, so that the API takes the turn', () => {
    const [, , answer] = shape([user('task'), turn(1, [call('a', 'rm_rf')])]);
    expect(answer?.[1]).toMatch(/^error:a:This call was not run/);
  });

  it('a call cut at the output limit → never run, and the model is told (bad input 50)', () => {
    const [, , answer] = shape([user('task'), turn(1, [call('a', 'write_file')], 'max_tokens')]);
    expect(answer?.[1]).toMatch(/^error:a:This call was cut/);
  });

  it('two calls with one id → the second is left out (bad input 53)', () => {
    expect(shape([user('task'), turn(1, [call('a'), call('a')]), result(0, 'a')])[1]).toEqual(['assistant', 'call:a']);
  });

  it('text without a call → a nudge to submit; cut text → to go on; a paused turn → nothing', () => {
    expect(shape([user('task'), turn(1, [say('hm')], 'end_turn')]).at(-1)?.[1]).toMatch(/^Nothing was handed in/);
    expect(shape([user('task'), turn(1, [say('hm')], 'max_tokens')]).at(-1)?.[1]).toMatch(/^Your answer was cut/);
    expect(shape([user('task'), turn(1, [say('hm')], 'pause_turn')]).at(-1)).toEqual(['assistant', 'hm']);
  });

  it('an empty answer → no empty assistant message', () => {
    expect(shape([user('task'), turn(1, [], 'end_turn')]).map(([role]) => role)).toEqual(['user']);
  });

  it('a submission that does not fit → an error naming the field', () => {
    const bad = call('s', 'submit_result', { status: 'done', summary: '', output: 'o', evidence: [] });
    expect(shape([user('task'), turn(1, [bad])]).at(-1)?.[1]).toMatch(/^error:s:Not accepted\. summary: /);
  });

  it('a submission beside a call that failed → not accepted', () => {
    const entries = [user('task'), turn(1, [call('a'), call('s', 'submit_result', submission)]), result(0, 'a', true)];
    expect(shape(entries).at(-1)?.[2]).toMatch(/^error:s:Not accepted: another call/);
  });

  it('feedback after a submission → one user message with the result and the feedback', () => {
    const entries = [user('task'), turn(1, [call('s', 'submit_result', submission)]), user('mend it', 1, 1)];
    expect(shape(currentConversation(entries)).at(-1)).toEqual(['user', 'ok:s:Received.', 'mend it']);
  });
});

describe('currentConversation', () => {
  it('a retry opens afresh → nothing of the failed attempt is told', () => {
    const entries = [user('task'), turn(1, [say('old')]), user('task again', 0, 1), user('task', 0, 0)];
    expect(currentConversation(entries).map((entry) => entry.content)).toEqual(['task again']);
  });

  it('a revision → goes on with what was said before', () => {
    const entries = [user('feedback', 1, 1), turn(1, [say('old')]), user('task')];
    expect(currentConversation(entries).map((entry) => entry.position)).toEqual([0, turnPosition(1), 1]);
  });
});
