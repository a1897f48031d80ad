/** Model and user text on a terminal (LLM05, bad-inputs 21 and 70): escapes stripped, invisible characters shown. */
import { safeJson, safeLine, safeText } from '../../src/cli/view/safe-text.ts';

const ESC = '\u001b';

describe('safeText', () => {
  it.each([
    ['plain text with accents and CJK', 'Größe 大きさ – fine', 'Größe 大きさ – fine'],
    ['line feeds and tabs', 'a\n\tb', 'a\n\tb'],
    ['colours', `${ESC}[31mred${ESC}[0m`, 'red'],
    ['256 colours with colons', `${ESC}[38:5:1mred`, 'red'],
    ['cursor moves and erase', `a${ESC}[2A${ESC}[1;1H${ESC}[2J${ESC}[Kb`, 'ab'],
    ['private modes: alternate screen, mouse, paste', `${ESC}[?1049h${ESC}[?1000h${ESC}[?2004hx`, 'x'],
    ['window title by OSC and BEL', `${ESC}]0;evil title\u0007x`, 'x'],
    ['hyperlink by OSC 8 and ST', `${ESC}]8;;http://evil/?q=secret${ESC}\\click${ESC}]8;;${ESC}\\`, 'click'],
    ['clipboard by OSC 52', `${ESC}]52;c;cm0gLXJmIC8=\u0007x`, 'x'],
    ['device control string', `${ESC}Pq#0;2;0;0;0${ESC}\\x`, 'x'],
    ['application command, privacy message', `${ESC}_Gf=100;AAAA${ESC}\\x${ESC}^secret${ESC}\\y`, 'xy'],
    ['OSC that never ends keeps the text after it', `${ESC}]0;rest of the text`, '0;rest of the text'],
    ['OSC that ends on another line does not hide lines', `${ESC}]0;a\nb\u0007c`, '0;a\nbc'],
    ['full reset and character sets', `${ESC}c${ESC}(0x${ESC}#8y`, 'xy'],
    ['an escape that hides a second one', `${ESC}${ESC}[31mx`, 'x'],
    ['a lone escape at the end', `x${ESC}`, 'x'],
    ['C1 CSI and OSC', '\u009b31mx\u009d0;title\u009cy', 'xy'],
    ['bell, backspace, delete, NUL', 'a\u0007b\u0008c\u007fd\u0000e', 'abcde'],
    ['carriage return that would overwrite', 'safe\rEVIL', 'safe\nEVIL'],
    ['Windows line ends', 'a\r\nb', 'a\nb'],
    ['lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['zero width', 'pass\u200bword', 'pass\\u{200B}word'],
    ['bidi override', 'user\u202egnp.exe', 'user\\u{202E}gnp.exe'],
    ['bidi isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['tag block', 'x\u{e0041}\u{e007f}', 'x\\u{E0041}\\u{E007F}'],
    ['byte order mark', '\ufeffx', '\\u{FEFF}x'],
    ['Hangul filler and letter mark', '\u3164x\u061c', '\\u{3164}x\\u{061C}'],
    ['line separator', 'a\u2028b', 'a\\u{2028}b'],
  ])('%s → safe', (_case, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  it('any mix of bytes → no control but line feed and tab is left', () => {
    const every = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('');
    for (const text of [every, [...every].reverse().join(''), every.replace(/./gsu, (char) => `${ESC}${char}`)]) {
      expect(safeText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/u);
    }
  });

  it('a long run of introducers → done in linear time', () => {
    const text = ['\u009d', '\u009b', `${ESC}]`, `${ESC}[`].map((part) => part.repeat(100_000)).join('');
    expect(safeText(text)).toBe('');
  });
});

describe('safeLine and safeJson', () => {
  it('several lines → one', () => {
    expect(safeLine(` a\n\n b\tc${ESC}[A `)).toBe('a  b c');
  });

  it('JSON with controls and invisible characters → the same value, nothing raw', () => {
    const value = { text: `a\u009b31m\u202e\u{e0041}${ESC}[0m\n`, list: [1, 'x'] };
    for (const json of [safeJson(value), safeJson(value, 2)]) {
      expect(JSON.parse(json)).toEqual(value);
      expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u{e0041}]/u);
    }
  });
});
