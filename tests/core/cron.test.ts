/** Cron lines and calendar fields: what they mean, and what is refused by field. */
import { parseCron, parseField, temporalCron } from '../../src/core/cron.ts';

const cron = (line: string) => {
  const parsed = parseCron(line);
  return parsed.ok ? parsed.value.map(temporalCron) : parsed.problem;
};

describe('parseCron', () => {
  it.each([
    ['0 7 * * 1', ['0 0 7 * * 1 *']],
    ['*/20 9-11 * JAN,dec MON-fri', ['0 0,20,40 9,10,11 * 1,12 1,2,3,4,5 *']],
    ['0 0 * * sat-sun', ['0 0 0 * * 0,6 *']],
    ['5/20 0 * * 7', ['0 5,25,45 0 * * 0 *']],
    ['  0   0 1 * *  ', ['0 0 0 1 * * *']],
    ['@Weekly', ['0 0 0 * * 0 *']],
    ['0 7 1 * 1', ['0 0 7 1 * * *', '0 0 7 * * 1 *']],
  ])('%s → %j', (line, expected) => expect(cron(line)).toEqual(expected));

  it.each([
    ['61 * * * *', /^minute "61": "61" is not between 0 and 59$/],
    ['0 24 * * *', /^hour/],
    ['0 0 0 * *', /^dayOfMonth/],
    ['0 0 * FOO *', /^month/],
    ['0 0 * * 8', /^dayOfWeek/],
    ['0 0 * * 5-1', /runs backwards/],
    ['*/0 * * * *', /the step "0" is not a number above 0/],
    ['1/2/3 * * * *', /is not a list/],
    ['1-2-3 * * * *', /is not between/],
    ['1, * * * *', /is not a list/],
    ['-1 * * * *', /is not between/],
    ['１ * * * *', /is not between/],
    ['@every 1h', /has 2 fields/],
    ['', /has 1 fields/],
    ['* * * * * *', /has 6 fields/],
    ['TZ=UTC * * * * *', /has 6 fields/],
  ])('%s → refused by field', (line, problem) => expect(cron(line)).toMatch(problem));
});

describe('parseField', () => {
  it('a star → any; a list → sorted, once each', () => {
    expect(parseField('year', '*')).toEqual({ ok: true, value: undefined });
    expect(parseField('hour', '9,1-3,2')).toEqual({ ok: true, value: [1, 2, 3, 9] });
    expect(parseField('year', '1999')).toMatchObject({ ok: false });
  });
});
