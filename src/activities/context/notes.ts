/** What people said while a task was at work, as entries of its conversation. Host side. */
import { steeringMessage } from '../../agents/steering.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { Store, TranscriptEntry } from '../../store/store.ts';
import { notePosition } from '../../store/transcript-position.ts';

/** The notes that `input` takes up, before its own turn. */
export async function notesOf(store: Pick<Store, 'blobs'>, input: CallModelInput): Promise<TranscriptEntry[]> {
  const { tenant, revision, turn, notes = [] } = input;
  const texts = await Promise.all(notes.map((hash) => store.blobs.getText(tenant, hash)));
  return texts.map((text, at) => ({
    revision,
    position: notePosition(turn, at),
    role: 'user',
    content: steeringMessage(text),
  }));
}
