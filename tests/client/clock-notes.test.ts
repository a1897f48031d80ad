/** Clocks that go forward and back: only schedules that are hit are told. */
import { clockNotes, localTime } from '../../src/client/schedules/clock-notes.ts';

const from = new Date('2027-01-01T12:34:56Z');
const at = (hour: number, minute: number) => [{ hour: [hour], minute: [minute] }];

describe('clockNotes', () => {
  it('02:30 in Berlin → left out on 2027-03-28, twice on 2027-10-31 (G21)', () => {
    expect(clockNotes(at(2, 30), 'Europe/Berlin', from)).toEqual([
      '2027-03-28 02:30 does not exist in Europe/Berlin, as the clocks go forward: no goal then.',
      '2027-10-31 02:30 comes twice in Europe/Berlin, as the clocks go back: one goal then.',
    ]);
  });

  it('times beside the change, zones without one, other days → nothing', () => {
    expect(clockNotes(at(1, 59), 'Europe/Berlin', from)).toEqual([]);
    expect(clockNotes(at(3, 0), 'Europe/Berlin', from)).toEqual([]);
    expect(clockNotes(at(2, 30), 'Asia/Kathmandu', from)).toEqual([]);
    expect(clockNotes([{ hour: [2], minute: [30], dayOfWeek: [1] }], 'Europe/Berlin', from)).toEqual([]);
    expect(clockNotes([], 'Europe/Berlin', from)).toEqual([]);
  });

  it('half an hour on Lord Howe, midnight in Santiago → found', () => {
    expect(clockNotes(at(2, 15), 'Australia/Lord_Howe', from)).toContainEqual(
      expect.stringContaining('2027-10-03 02:15'),
    );
    expect(clockNotes(at(0, 0), 'America/Santiago', from)).toContainEqual(
      expect.stringMatching(/2027-09-05 00:00 does not exist/),
    );
  });

  it('localTime → the clocks of the zone', () => {
    expect(localTime(new Date('2027-03-28T01:00:00Z'), 'Europe/Berlin')).toBe('2027-03-28 03:00:00');
  });
});
