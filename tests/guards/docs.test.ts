import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { FAILURES } from '../../src/core/failures.ts';
import { type Document, linkBreaches, unnamed } from './rules/docs.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): Document => ({ path, text: readFileSync(join(root, path), 'utf8') });
const documents = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map(read);
const guide = read('docs/user-guide.md');

describe('docs guard', () => {
  it('a link to a missing file or heading → refused; a good one, and one to the web → accepted', () => {
    const links = ['gone.md', '#gone', 'README.md#read-on', '#a-heading-with-code', 'https://example.com/x'];
    const text = `# A heading, with \`code\`\n${links.map((link) => `[x](${link})`).join('\n')}`;
    const made = [{ path: 'made-up.md', text }, ...documents.filter(({ path }) => path === 'README.md')];
    expect(linkBreaches(root, made).filter((breach) => breach.startsWith('made-up'))).toEqual([
      'made-up.md: gone.md leads nowhere',
      'made-up.md: #gone: no such heading',
    ]);
  });

  it('README and docs: links and pictures lead somewhere', () => {
    expect(linkBreaches(root, documents)).toEqual([]);
  });

  it('user guide: every failure type is named', () => {
    expect(unnamed({ ...guide, text: guide.text.replace('`model.refused`', '') }, ['model.refused'])).toHaveLength(1);
    expect(unnamed(guide, Object.keys(FAILURES))).toEqual([]);
  });

  it('user guide: every exit code is named', () => {
    const section = guide.text.split('## What the statuses mean')[1]?.split('\n## ')[0] ?? '';
    for (const { code } of EXIT_CODES) expect(section).toMatch(new RegExp(`\\b${code}\\b`));
  });
});
