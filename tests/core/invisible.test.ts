import { escapeInvisible, hasInvisibleCharacters, stripInvisible } from '../../src/core/invisible.ts';

const RANGES: readonly [name: string, first: number, last: number][] = [
  ['zero width and marks', 0x200b, 0x200f],
  ['word joiner', 0x2060, 0x2060],
  ['byte order mark', 0xfeff, 0xfeff],
  ['bidi embeddings', 0x202a, 0x202e],
  ['bidi isolates', 0x2066, 0x2069],
  ['tags', 0xe0000, 0xe007f],
];

describe('invisible characters (bad-inputs §3.2, line 21)', () => {
  it.each(RANGES)('%s: first and last → found, stripped, spelt out', (_name, first, last) => {
    for (const code of [first, last]) {
      const text = `a${String.fromCodePoint(code)}b`;
      expect(hasInvisibleCharacters(text)).toBe(true);
      expect(stripInvisible(text)).toBe('ab');
      expect(escapeInvisible(text)).toBe(`a\\u{${code.toString(16).toUpperCase()}}b`);
    }
  });

  it.each(['', 'plain', 'ümlaut é', '日本語', '🙂 ❤️', 'tab\tand\nline'])('%p: nothing hidden → unchanged', (text) => {
    expect(hasInvisibleCharacters(text)).toBe(false);
    expect(stripInvisible(text)).toBe(text);
    expect(escapeInvisible(text)).toBe(text);
  });
});
