/** JSON as the database takes it. */
import fc from 'fast-check';
import { cleanJson, cleanText, toJsonText } from '../../src/store/clean-json.ts';

describe('clean JSON', () => {
  it('toJsonText: NUL and lone surrogates in values and keys → U+FFFD', () => {
    expect(cleanJson({ 'a\u0000': ['\u0000x', '\ud800', '\udc00\ud800', '👋'] })).toEqual({
      'a\ufffd': ['\ufffdx', '\ufffd', '\ufffd\ufffd', '👋'],
    });
  });

  it('toJsonText: a written escape, also behind backslashes → kept', () => {
    for (const text of ['\\u0000', '\\\\u0000', '\\ud800', '\\\u0000']) {
      expect(cleanJson(text)).toBe(text.replaceAll('\u0000', '\ufffd'));
    }
  });

  it('cleanJson: any JSON value → no NUL, well formed, otherwise equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        expect(cleanJson({ text })).toEqual({ text: cleanText(text) });
        const clean = toJsonText(value);
        expect(clean.includes('\\u0000') && !clean.includes('\\\\u0000')).toBe(false);
        expect(cleanJson(JSON.parse(clean))).toEqual(JSON.parse(clean));
      }),
    );
  });
});
