/** What PostgreSQL's programs say before they give up, as people are told it. */
import { programError } from '../../src/integrations/postgres/postgres-error.ts';

describe('programError', () => {
  it.each([
    'FATAL:  could not write to file "pg_wal/xlogtemp.33": No space left on device',
    'FATAL:  could not create directory "base": Disk quota exceeded',
    'FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 9\nHINT:  Check free disk space.',
  ])('%j → postgres.disk-full, with the folder and what to do', (output) => {
    const error = programError('initdb', output, '/data/postgres');
    expect(error).toMatchObject({ code: 'postgres.disk-full', remedy: expect.stringContaining('Free some space') });
    expect(error.message).toContain('/data/postgres');
  });

  it('anything else → postgres.start-failed with its last lines', () => {
    const error = programError('postgres', 'LOG:  a\nFATAL:  lock file exists', '/data/postgres');
    expect(error).toMatchObject({ code: 'postgres.start-failed' });
    expect(error.message).toContain('FATAL:  lock file exists');
  });
});
