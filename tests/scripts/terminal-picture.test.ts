import { terminalSvg } from '../../scripts/lib/terminal-picture.mjs';

const picture = (ansi: string) => terminalSvg(ansi, { columns: 40, label: 'a "run" & more' });
const texts = (svg: string) =>
  [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, looks, text]) => ({ looks, text }));

describe('terminalSvg', () => {
  it('colours, bold and dim → runs of one look each, at their columns', () => {
    const runs = texts(picture('\u001b[32m✔\u001b[39m \u001b[1mdone\u001b[22m \u001b[2mlater\u001b[0m end'));
    expect(runs.map(({ text }) => text)).toEqual(['✔', 'done', 'later', ' end']);
    expect(runs[0]?.looks).toContain('fill="#56d364"');
    expect(runs[1]?.looks).toMatch(/x="32\.8".*font-weight="bold"/);
    expect(runs[2]?.looks).toContain('opacity="0.6"');
    expect(runs[3]?.looks).not.toMatch(/opacity|bold/);
  });

  it('a look that goes over the end of a line → goes on in the next', () => {
    const runs = texts(picture('\u001b[31mfirst\nsecond\u001b[0m'));
    expect(runs[1]?.looks).toMatch(/y="48".*fill="#ff7b72"/);
  });

  it('markup and other escapes → text only, blank lines at the end left out', () => {
    const svg = picture('\u001b[?25l<b> & "x"\u001b[K\n\n\n');
    expect(svg).toContain('&lt;b&gt; &amp; &quot;x&quot;');
    expect(svg).toContain('aria-label="a &quot;run&quot; &amp; more"');
    expect(svg).toContain('height="50"');
  });
});
