import { cut, displayWidth, fitTo, wrap } from '../../src/cli/view/width.ts';

describe('display width', () => {
  it.each([
    ['ASCII', 'abc', 3],
    ['CJK', '日本', 4],
    ['Hangul', '한글', 4],
    ['full-width letters', 'ＡＢ', 4],
    ['emoji', '🚀', 2],
    ['emoji family joined', '👩‍👩‍👧', 2],
    ['flag', '🇩🇪', 2],
    ['combining accent', 'e\u0301', 1],
    ['box and bullets', '─●✔…', 4],
    ['empty', '', 0],
  ])('%s → columns', (_case, text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('cut: never over the columns, never through a wide character', () => {
    const text = 'ab日本語🚀cd';
    for (let columns = 0; columns < 16; columns++)
      expect(displayWidth(cut(text, columns))).toBeLessThanOrEqual(columns);
    expect(cut(text, 5)).toBe('ab日…');
    expect(cut(text, 20)).toBe(text);
  });

  it('fitTo: exactly the columns', () => {
    for (const text of ['a', '日本語', 'a longer text']) expect(displayWidth(fitTo(text, 6))).toBe(6);
  });

  it('wrap: every line within the columns, words kept where they fitTo', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrap('aaaaaaaaaaaa', 5)).toEqual(['aaaaa', 'aaaaa', 'aa']);
    for (const line of wrap('日本語の長い文章です and words', 7)) expect(displayWidth(line)).toBeLessThanOrEqual(7);
    expect(wrap('a\n\nb', 10)).toEqual(['a', '', 'b']);
  });
});
